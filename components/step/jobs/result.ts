import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { describeApiPlace, nameOf, type Cluster } from "../../kubernetes";
import { redact } from "../../contract/text";
import { parseAnswer, tell } from "./answer";
import { containerName, JobError } from "./target";

/** The end of a Job, with Kubernetes' words if it failed; undefined while it is not over. */
export function endOf({ status }: V1Job): { readonly why?: string } | undefined {
  const end = status?.conditions?.find(
    ({ type, status: holds }) => holds === "True" && (type === "Complete" || type === "Failed"),
  );
  if (end?.type !== "Failed") return end && {};
  return { why: end.message ?? end.reason ?? "Kubernetes gives no reason" };
}

function ownEnd({ status }: V1Pod) {
  const own = status?.containerStatuses?.find(({ name }) => name === containerName);
  return own?.state?.terminated;
}

/** The end of a Job of which only sidecars run; undefined while it is not over. @param count of its pods */
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
function indexOf({ metadata }: V1Pod): number {
  return Number(metadata?.annotations?.["batch.kubernetes.io/job-completion-index"] ?? 0);
}

/** The pods of a Job, also those that have ended. */
export const podsOf = (cluster: Cluster, job: string) => cluster.list("Pod", `job-name=${job}`);

/** Why a Job failed: Kubernetes' words, and the errors of at most three failed pods. */
export async function reasonsOf(cluster: Cluster, name: string, why: string): Promise<string[]> {
  const failed = (await podsOf(cluster, name))
    .filter((pod) => pod.status?.phase === "Failed" || ownEnd(pod)?.exitCode)
    .slice(-3);
  const errors = failed.flatMap((pod) => {
    const { exitCode = "none", reason, message = pod.status?.message ?? "" } = ownEnd(pod) ?? {};
    const how = `${reason ?? pod.status?.reason ?? "Failed"}, exit code ${exitCode}`;
    // If a container could not start, the message is the kubelet's.
    const { failed = [message] } = (parseAnswer(message)?.answer ?? {}) as { failed?: string[] };
    return [`Pod ${nameOf(pod)} ended (${how}):`, ...failed.map((line) => `  ${line}`)];
  });
  const first = `Job ${name} failed in ${describeApiPlace(cluster.place)}: ${why}`;
  const last =
    "The Job stays as it is, with its pods' logs. Fix the cause and run pulumi up again: it creates a new Job.";
  return [first, ...errors, last].map((line) => redact(line));
}

/** The answers of a complete Job's pods, by their indexes. Prints what they told. @throws JobError */
export async function answersOf(cluster: Cluster, name: string, count: number): Promise<unknown[]> {
  const done = (await podsOf(cluster, name)).filter((pod) => ownEnd(pod)?.exitCode === 0);
  const found = Array.from({ length: count }, (_, index) => {
    const pod = done.find((one) => indexOf(one) === index);
    const answer = parseAnswer((pod && ownEnd(pod)?.message) ?? "");
    if (answer) return answer;
    throw new JobError([
      `Job ${name} is complete, but its pod with index ${index} no longer exists, or its termination message ` +
        "has no result. Run pulumi up again: a new Job finds that the work is done.",
    ]);
  });
  const told = found.flatMap(({ answer }) => (answer as { told?: string[] }).told ?? []);
  new Set(told).forEach(tell);
  const leftOut = found.reduce((sum, one) => sum + one.leftOut, 0);
  if (leftOut > 0) {
    tell(
      `job ${name}: The termination message has no room for ${leftOut} more examples. The counts are complete, and ` +
        "quarantine*.ndjson, conflicts/ and held/ in the state directory have all cases.",
    );
  }
  return found.map(({ answer }) => answer);
}
