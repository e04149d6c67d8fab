import { describeDifferences, differencesOf, formatValue, splitDifferences } from "./differences";
import type { Step } from "./read/preview";
import { md, ours, type Markdown } from "./safe/markdown";
import { isRun, type Situation } from "./situation";
import { cutoverStepOf, isOurs, shortType } from "./steps";
import { formatCount, formatList, size } from "./words";

/** What the bulk import does, in a line; its figures are those of the plan. */
export function importLine(step: Step, { plan }: Situation): Markdown {
  if (!isRun(step)) return againLine(step);
  const from = formatValue(step.new?.root);
  if (!plan?.state) return md`with both services on files, import what is in ${from}`;
  const { runs, logs, artifacts, approvals } = plan.state;
  const bytes = [runs, logs, artifacts, approvals].reduce((sum, one) => sum + one.bytes, 0);
  const files = formatList([
    formatCount(runs.files, "run"),
    formatCount(logs.files, "log"),
    formatCount(artifacts.files, "artifact manifest"),
    formatCount(approvals.files, "file of approvals", "files of approvals"),
  ]);
  return md`with both services on files, import ${ours(`${files} (${size(bytes)})`)} from ${from}`;
}

/** What a handover does in this direction, in a line; its figures are those of the plan. */
export function handoverLine(step: Step, situation: Situation): Markdown {
  if (losesFence(step)) return md`${step.name} leaves the stack, and the fence with it`;
  if (!isRun(step)) return againLine(step);
  const isSecond = cutoverStepOf(step) === "secondHandover";
  if (situation.direction === "rollback") return rollbackLine(step, isSecond, situation);
  return isSecond
    ? ours("with both services on MongoDB, import what web still wrote to files")
    : ours(
        "with the worker stopped, import what it wrote since, then record the fence, from which MongoDB is the source of truth",
      );
}

function rollbackLine(step: Step, isSecond: boolean, { plan }: Situation): Markdown {
  const to = formatValue(step.new?.root);
  if (isSecond)
    return md`with both services on files, write to ${to} what web still wrote to MongoDB`;
  if (!plan?.leftBehind || plan.leftBehind.exported) {
    return md`with the worker stopped, write to ${to} what changed in MongoDB`;
  }
  const { unfinished } = plan.leftBehind;
  const runs = ours(formatCount(unfinished, "unfinished run"));
  if (step.new?.heldRuns === "release") {
    return md`export nothing, because MongoDB is unreachable; ${runs} in ${to} may repeat steps`;
  }
  return md`export nothing, because MongoDB is unreachable; ${runs} held in ${`${to}/held`}`;
}

/** Whether the stack forgets the fence while MongoDB is the source of truth. */
export function losesFence({ operation, old, outputs }: Step): boolean {
  return operation === "delete" && outputs.fence !== undefined && old?.direction === "forward";
}

/** The expiry of log entries, in days. */
export function retentionLine(step: Step): Markdown {
  if (step.operation === "delete") return ours("leaves the stack; the expiry stays as it is");
  const [before, after] = [step.old?.days, step.new?.days].map((days) =>
    Number(days) > 0 ? `${formatCount(Number(days), "day")} after their timestamp` : "never",
  );
  const isAsBefore = step.old !== undefined && before === after;
  return ours(`log entries expire: ${step.old && !isAsBefore ? `${before} → ` : ""}${after}`);
}

/** A step that runs, or is to be finished, although no direction changes. */
export function againLine(step: Step): Markdown {
  if (step.operation === "delete") return md`${step.name} leaves the stack; what it did stays`;
  const differences = differencesOf(step);
  if (differences.length > 0) return md`${step.name} again: ${describeDifferences(differences)}`;
  return md`${step.name} again: a secret changed, or the last up did not finish it`;
}

/** What happens to the worker's or web's pods, values or release. */
export function serviceLine(step: Step): Markdown {
  const { file, mode, release, service, timeoutSeconds } = step.new ?? {};
  const limit = ours(timeoutSeconds === undefined ? "" : ` up to ${Number(timeoutSeconds)} s`);
  switch (shortType(step.type)) {
    case "taskrunner:ValuesFile":
      return md`values file ${formatValue(file ?? step.old?.file)}: ${describeEnvironment(step)}`;
    case "taskrunner:PushCheck":
      if (step.operation === "delete") return againLine(step);
      return md`push a commit to branch ${formatValue(step.new?.branch)}, or stop before the drain`;
    case "kubernetes:helm.sh/v3:Release":
      return releaseLine(step);
    case "kubernetes:Drain": {
      if (!isRun(step)) return againLine(step);
      // A wrong cluster may have a service of the same name.
      const { server } = (step.new?.clusterIdentity ?? {}) as { readonly server?: unknown };
      const place =
        server === undefined
          ? ours("")
          : md` in context ${formatValue(step.new?.context)} (${formatValue(server)})`;
      return md`scale ${formatValue(release ?? "the worker")} to zero${place}, and wait${limit} until its pods are gone`;
    }
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
