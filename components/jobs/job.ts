import type { V1Job, V1JobCondition, V1Pod } from "@kubernetes/client-node";
import type { Namespace } from "./api";

/** The condition by which a Job is over; undefined while it is not. */
function ending({ status }: V1Job): V1JobCondition | undefined {
  return status?.conditions?.find(
    ({ type, status: holds }) => holds === "True" && (type === "Complete" || type === "Failed"),
  );
}

/** Whether a Job is complete or has failed. */
export function isOver(job: V1Job): boolean {
  return ending(job) !== undefined;
}

/** Why a Job has failed, in Kubernetes' words; undefined where it has not. */
export function failure(job: V1Job): string | undefined {
  const end = ending(job);
  if (end?.type !== "Failed") return undefined;
  return end.message ?? end.reason ?? "Kubernetes gives no reason";
}

/** The index of a pod in an Indexed Job; 0 in another. */
export function indexOf({ metadata }: V1Pod): number {
  return Number(metadata?.annotations?.["batch.kubernetes.io/job-completion-index"] ?? 0);
}

/** The pods of a Job, also those that have ended. */
export function podsOf({ pods }: Pick<Namespace, "pods">, job: string): Promise<V1Pod[]> {
  return pods(`job-name=${job}`);
}
