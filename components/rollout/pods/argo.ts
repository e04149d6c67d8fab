import { isDeepStrictEqual } from "node:util";
import { warning, type Finding } from "../../text";
import {
  argoApplicationOf,
  clusterAt,
  ClusterError,
  controllerOf,
  controllersOf,
  describeController,
  isStatefulSet,
  type Application,
  type Cluster,
  type Controller,
} from "../../kubernetes";
import { modeAfter, modeKey } from "../environment";
import { isMap, mergeValues, parseValues } from "../values/files";
import { variableKey, variablesAt } from "../values/variables";
import { formatValues, type ValuesFileInputs } from "../values/provider";
import type { DrainInputs } from "./inputs";
import { webOf } from "./paused";

/**
 * Finds reasons why Argo CD would not deploy the stack's values files, or would scale up a drained worker. A rollback
 * checks only the replicas, and only warns.
 *
 * @throws ClusterError
 */
export async function findArgoProblems(cluster: Cluster, inputs: DrainInputs): Promise<Finding[]> {
  const problems: Finding[] = [];
  for (const file of inputs.files ?? []) {
    const isWorker = file.service === "worker";
    const found = isWorker ? await controllersOf(cluster, inputs) : await webOf(cluster, inputs);
    for (const controller of found) {
      const { name = "", namespace = "", isTracked } = argoApplicationOf(controller) ?? {};
      if (name === "") continue;
      const its = await clusterAt({ ...inputs, namespace }, 5_000);
      const application = await its.read("Application", name).catch(ignoreClusterError);
      const what = `Argo CD deploys ${describeController(controller)} by Application ${namespace}/${name}`;
      if (!application && isTracked) {
        const text = `${what}, which cannot be read. Check that it lists ${file.file} last, and deploys the branch.`;
        problems.push(warning("argo-not-checked", text));
      }
      if (!application) continue;
      const reset = isWorker ? findReplicasReset(application, controller, file) : undefined;
      const isCutover = inputs.direction === "forward";
      const problem = reset ?? (isCutover ? findUndeployed(application, file) : undefined);
      if (problem !== undefined) {
        const severity = isCutover ? "stop" : "warn";
        const code = reset === undefined ? "argo-undeployed" : "argo-sets-replicas";
        const text = `${what}${problem}${describeGenerator(application)}`;
        problems.push({ severity, code, text });
      } else if (isCutover) problems.push(...findUnsure(application, file, what));
    }
  }
  return problems;
}

function describeGenerator(application: Application): string {
  const { kind, name = "" } = controllerOf(application) ?? {};
  if (kind !== "ApplicationSet") return "";
  return ` Change it in ApplicationSet ${name}, which would undo it here.`;
}

function ignoreClusterError(error: unknown): undefined {
  if (!(error instanceof ClusterError)) throw error;
}

// Argo CD deploys each pushed commit.
function findReplicasReset(
  { spec }: Application,
  worker: Controller,
  { push }: ValuesFileInputs,
): string | undefined {
  const kind = isStatefulSet(worker) ? "StatefulSet" : "Deployment";
  const row = { group: "apps", kind, jsonPointers: ["/spec/replicas"] };
  const { syncPolicy, ignoreDifferences = [] } = spec ?? {};
  const isIgnored =
    syncPolicy?.syncOptions?.includes("RespectIgnoreDifferences=true") &&
    ignoreDifferences.some((one) => isDeepStrictEqual(one, row));
  if (push === undefined || isIgnored) return undefined;
  return (
    " and would set its replicas back during the drain. Add to its spec: " +
    "syncPolicy.syncOptions: [RespectIgnoreDifferences=true] and ignoreDifferences: " +
    `[{ group: apps, kind: ${kind}, jsonPointers: [/spec/replicas] }].`
  );
}

/** The source types of an application without Helm; undefined if one is Helm, or if none is known yet. */
function otherTypes({ status }: Application): string | undefined {
  const types = status?.sourceTypes ?? [status?.sourceType].filter(Boolean);
  return types.length > 0 && !types.includes("Helm") ? types.join(", ") : undefined;
}

function findUnsure(application: Application, { file, service }: ValuesFileInputs, what: string) {
  const types = otherTypes(application);
  if (types !== undefined) {
    const text = `${what}, which does not use Helm (${types}). Check that it reads ${file}.`;
    return [warning("argo-not-checked", text)];
  }
  if (application.spec?.syncPolicy?.automated) return [];
  const text = `${what}, which has no syncPolicy.automated. Sync it while pulumi up waits for the pods of ${service}.`;
  return [warning("argo-not-automated", text)];
}

function findUndeployed(application: Application, file: ValuesFileInputs): string | undefined {
  if (otherTypes(application) !== undefined) return undefined;
  const { spec } = application;
  const sources = spec?.sources ?? (spec?.source ? [spec.source] : []);
  const [source, entry = ""] =
    sources
      .flatMap((one) => (one.helm?.valueFiles ?? []).map((entry) => [one, entry] as const))
      .find(([, entry]) => isEntryOf(file.file, entry)) ?? [];
  if (!source) return `, whose valueFiles do not list ${file.file}. List it last.`;
  const key = modeKey(file.service);
  const mode = findInlineMode(source.helm, file);
  if (mode !== modeAfter(file.direction)) {
    return `, whose helm.values, valuesObject or parameters take precedence over ${file.file} and set ${key} to ${mode ?? "nothing"}. Remove ${file.path} from them.`;
  }
  const [, ref] = /^\$([^/]+)\//.exec(entry) ?? [];
  const checkedOut = ref === undefined ? source : sources.find((one) => one.ref === ref);
  const { chart, targetRevision = "HEAD" } = checkedOut ?? {};
  const isFixed = /^(refs\/tags\/.+|[0-9a-f]{7,40}|v?\d+\.\d+\.\d+\S*)$/.test(targetRevision);
  if (isFixed && chart === undefined && targetRevision !== file.push?.branch) {
    return `, whose targetRevision ${targetRevision} is a tag or commit, so it never has a new ${file.file}. Name the branch.`;
  }
  return undefined;
}

/**
 * Whether an entry of `valueFiles` may name a file: the last parts of both paths are equal, as far as both are known.
 */
export function isEntryOf(file: string, entry: string): boolean {
  const namesOf = (path: string) =>
    path
      .split("/")
      .filter((name) => !["", ".", ".."].includes(name))
      .reverse();
  const names = namesOf(file);
  const patterns = namesOf(entry.replace(/^\$[^/]+\//, ""));
  const any = patterns.indexOf("**");
  return patterns.slice(0, any < 0 ? undefined : any).every((pattern, at) => {
    const name = names[at];
    // Wildcards, and variables of Argo CD's build environment.
    const parts = pattern
      .split(/\*|\?|\$\{\w+\}|\$\w+/)
      .map((part) => part.replace(/[.+^()|[\]\\{}$]/g, "\\$&"));
    return name === undefined || new RegExp(`^${parts.join(".*")}$`).test(name);
  });
}

type InlineValues = NonNullable<NonNullable<Application["spec"]>["source"]>["helm"];

// The mode after Argo CD has merged its own values over the stack's file.
function findInlineMode(helm: InlineValues, file: ValuesFileInputs): string | undefined {
  const { values = "", valuesObject, parameters = [] } = helm ?? {};
  const inline = valuesObject ?? parseValues({ file: "helm.values", text: values });
  const ours = parseValues({ file: file.file, text: formatValues(file) });
  const merged = parameters.reduce<unknown>(
    (all, { name, value }) => setAt(all, name.split(/[.[\]]+/).filter(Boolean), value),
    mergeValues([ours, inline]),
  );
  const all = [{ file: file.file, text: JSON.stringify(merged) }];
  const isMode = ({ name }: { readonly name: unknown }) =>
    variableKey(name) === variableKey(modeKey(file.service));
  const mode = variablesAt(all, file.path).findLast(isMode)?.value;
  return mode === undefined ? undefined : variableKey(mode);
}

function setAt(at: unknown, [key, ...rest]: readonly string[], value: unknown): unknown {
  if (key === undefined) return value;
  if (Array.isArray(at))
    return Object.assign([...(at as unknown[])], { [key]: setAt(at[Number(key)], rest, value) });
  const members = isMap(at) ? at : {};
  return { ...members, [key]: setAt(members[key], rest, value) };
}
