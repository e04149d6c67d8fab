import type { V1Container, V1PodSpec } from "@kubernetes/client-node";
import type { Cluster } from "./client";
import { containersOf, variableIn } from "./executors";
import { replicasOf, type Controller } from "./objects";
import type { ClusterAddress } from "./request";

/** Selects a service's workloads: by release, by label selector, or by both. */
export interface ServiceSelector {
  readonly release?: string | undefined;
  readonly selector?: string | undefined;
}

export interface ServiceAddress extends ClusterAddress, ServiceSelector {}

/** The annotation of a drained workload with its replicas before. */
export const replicasBeforeDrain = "taskrunner.stellaops.io/replicas-before-drain";

/**
 * The Deployments and StatefulSets of a service: those of its Helm release that its selector names.
 *
 * @throws Error if neither is given
 */
export async function controllersOf(
  cluster: Cluster,
  { release, selector }: ServiceSelector,
): Promise<Controller[]> {
  if (!release && !selector) throw new Error("Neither a release nor a selector is given.");
  const labels = [release && "app.kubernetes.io/managed-by=Helm", selector].filter(Boolean);
  const found = await cluster.controllers(labels.join(","));
  return found.filter(
    ({ metadata }) => !release || metadata?.annotations?.["meta.helm.sh/release-name"] === release,
  );
}

/** A workload's replicas before its drain; undefined if it is not drained. */
export function replicasBefore({ metadata }: Controller): number | undefined {
  const text = metadata?.annotations?.[replicasBeforeDrain];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** Whether a drain scaled a workload to zero, and it was not scaled since. */
export const isDrained = (one: Controller) =>
  replicasOf(one) === 0 && replicasBefore(one) !== undefined;

/**
 * The mode that a variable of a pod states, in lower case; undefined if none does. If its containers state several,
 * it is all of them, such as `filesystem and mongo`, which is none of the modes.
 */
export function statedMode(spec: V1PodSpec | undefined, variable: string): string | undefined {
  const stated = containersOf(spec).flatMap((one) => {
    const mode = variableIn({ containers: [one] }, variable);
    return (mode?.valueFrom ? "a reference" : mode?.value?.toLowerCase()) ?? [];
  });
  return stated.length === 0 ? undefined : [...new Set(stated)].sort().join(" and ");
}

/** Whether an argument of a container states a mode, which .NET prefers to a variable. */
export function statesModeByArgument({ command = [], args = [] }: V1Container): boolean {
  return [...command, ...args].some((text) => /storage(:|__)mode/i.test(text));
}

/** The store that a service uses, or `drained`. */
export type LiveMode = "mongo" | "filesystem" | "drained";

/**
 * The modes of a service's workloads. One without a mode, or with a reference, counts as `filesystem`.
 *
 * @param variable that states the mode
 * @throws ClusterError
 */
export async function liveModes(
  cluster: Cluster,
  { variable, ...selector }: ServiceSelector & { readonly variable: string },
): Promise<LiveMode[]> {
  const found = (await controllersOf(cluster, selector)).map((one): LiveMode => {
    if (statedMode(one.spec?.template.spec, variable) === "mongo") return "mongo";
    return isDrained(one) ? "drained" : "filesystem";
  });
  return [...new Set(found)].sort();
}
