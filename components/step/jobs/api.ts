import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { nameOf, type Cluster } from "../../kubernetes";

/** The name of a Job's own container; a service mesh may add others. */
export const containerName = "taskrunner-storage";

/** How a Job is over: why it has failed, in Kubernetes' words, if it has; undefined while it is not over. */
export function endOf({ status }: V1Job): { readonly why?: string } | undefined {
  const end = status?.conditions?.find(
    ({ type, status: holds }) => holds === "True" && (type === "Complete" || type === "Failed"),
  );
  if (end?.type !== "Failed") return end && {};
  return { why: end.message ?? end.reason ?? "Kubernetes gives no reason" };
}

/** How a pod's own container ended, whatever its sidecars do; undefined while it has not. */
export function ownEnd({ status }: V1Pod) {
  const own = status?.containerStatuses?.find(({ name }) => name === containerName);
  return own?.state?.terminated;
}

/** How a Job of so many pods has ended of which only sidecars run; undefined while it has not. */
export function endBesideSidecars(pods: readonly V1Pod[], count: number) {
  const held = pods.filter(
    (pod) => pod.status?.containerStatuses?.some(({ state }) => state?.running) && ownEnd(pod),
  );
  const failed = held.find((pod) => ownEnd(pod)?.exitCode !== 0);
  if (failed) return { why: `container ${containerName} of pod ${nameOf(failed)} failed` };
  const done = new Set(pods.filter((pod) => ownEnd(pod)?.exitCode === 0).map(indexOf));
  return held.length > 0 && done.size >= count ? { why: undefined } : undefined;
}

/** The index of a pod in an Indexed Job; 0 in another. */
export function indexOf({ metadata }: V1Pod): number {
  return Number(metadata?.annotations?.["batch.kubernetes.io/job-completion-index"] ?? 0);
}

/** The pods of a Job, also those that have ended. */
export function podsOf(cluster: Cluster, job: string): Promise<V1Pod[]> {
  return cluster.list("Pod", `job-name=${job}`);
}
