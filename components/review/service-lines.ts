import { describeDifferences, differencesOf, formatValue, splitDifferences } from "./differences";
import type { Step } from "./read/preview";
import { md, ours, type Markdown } from "./safe/markdown";
import { isRun } from "./situation";
import { againLine } from "./state-lines";
import { isOurs, shortType } from "./steps";
import { formatCount } from "./words";

/** What happens to the worker's or web's pods, values or release. */
export function serviceLine(step: Step): Markdown {
  const { file, mode, release, service, timeoutSeconds } = step.new ?? {};
  const limit = ours(timeoutSeconds === undefined ? "" : ` up to ${Number(timeoutSeconds)} s`);
  switch (shortType(step.type)) {
    case "taskrunner:ValuesFile":
      return md`values file ${formatValue(file ?? step.old?.file)}: ${describeEnvironment(step)}`;
    case "kubernetes:helm.sh/v3:Release":
      return releaseLine(step);
    case "kubernetes:Drain":
      if (!isRun(step)) return againLine(step);
      return md`scale ${formatValue(release ?? "the worker")} to zero${describeCluster(step)}, and wait${limit} until its pods are gone`;
    case "kubernetes:PodsReplaced":
      if (step.operation === "delete") return againLine(step);
      return md`wait${limit} until every pod of ${formatValue(release ?? service)} runs in mode ${formatValue(mode)}`;
    case "taskrunner:WorkerStopped":
      return isRun(step) ? ours("somebody stops the worker by hand") : againLine(step);
    case "kubernetes:FormerSecrets":
      return ours("delete Secrets that no pod refers to any more");
    default:
      return resourceLine(step);
  }
}

/** The cluster that a preview reached: a wrong one may have a service of the same name. */
function describeCluster({ new: inputs }: Step): Markdown {
  const { server } = (inputs?.clusterIdentity ?? {}) as { readonly server?: unknown };
  if (server === undefined) return ours("");
  return md` in context ${formatValue(inputs?.context)} (${formatValue(server)})`;
}

function releaseLine(step: Step): Markdown {
  const { name, namespace } = step.new ?? step.old ?? {};
  const release = md`Helm release ${formatValue(name)} in ${formatValue(namespace)}`;
  if (step.operation === "delete") return md`${release} ${describeDeleted(step)}`;
  if (step.operation === "create") return md`create ${release}: ${describeEnvironment(step)}`;
  if (step.operation === "import") return md`take over ${release}: ${describeEnvironment(step)}`;
  const { others } = splitDifferences(step);
  const rest = others.length > 0 ? md`; ${describeDifferences(others)}` : ours("");
  return md`${ours(step.operation)} ${release}: ${describeEnvironment(step)}${rest}`;
}

function describeEnvironment(step: Step): Markdown {
  // A new Secret has its name only in `up`, and the values refer to it.
  if (typeof step.new?.values === "string") return ours("environment known in up");
  const { length } = splitDifferences(step).variables;
  return ours(length === 0 ? "environment as it is" : formatCount(length, "variable"));
}

/** Any other resource: its type and name, and what differs. */
export function resourceLine(step: Step): Markdown {
  const named = md`${shortType(step.type)} ${step.name}`;
  if (step.operation === "delete") return md`${named} ${describeDeleted(step)}`;
  const differences = step.operation === "create" ? [] : differencesOf(step);
  const rest = differences.length > 0 ? md`: ${describeDifferences(differences)}` : ours("");
  return md`${ours(step.operation)} ${named}${rest}`;
}

function describeDeleted(step: Step): Markdown {
  return ours(step.retained || isOurs(step) ? "leaves the stack and stays" : "is **deleted**");
}
