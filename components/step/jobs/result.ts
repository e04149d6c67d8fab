import type { V1Pod } from "@kubernetes/client-node";
import { ClusterError, describePlace, nameOf, type Cluster } from "../../kubernetes";
import { parseAnswer } from "./answer";
import { containerName, indexOf, ownEnd, podsOf } from "./api";
import { JobError, withoutSecrets } from "./errors";

/** The maximum number of failed pods in an error, and of last lines of a pod that are shown. */
const [namedPods, shownLines] = [3, 20];

/** Why a Job has failed: Kubernetes' words, and the errors of the pods that failed. What they printed is said. */
export async function reasonsOf(
  cluster: Cluster,
  name: string,
  why: string,
  say: (line: string) => void,
): Promise<string[]> {
  const failed = (await podsOf(cluster, name))
    .filter((pod) => pod.status?.phase === "Failed" || ownEnd(pod)?.exitCode)
    .slice(-namedPods);
  (await logsOf(cluster, failed)).forEach(say);
  const errors = failed.flatMap((pod) => {
    const { exitCode = "none", reason, message = pod.status?.message ?? "" } = ownEnd(pod) ?? {};
    const how = `${reason ?? pod.status?.reason ?? "Failed"}, exit code ${exitCode}`;
    // If a container could not start, the message is the kubelet's.
    const { failed = [message] } = (parseAnswer(message)?.answer ?? {}) as { failed?: string[] };
    return [`Pod ${nameOf(pod)} ended (${how}):`, ...failed.map((line) => `  ${line}`)];
  });
  const first = `Job ${name} failed in ${describePlace(cluster.place)}: ${why}`;
  const last =
    "The Job stays as it is. Fix the cause and run pulumi up again: it creates a new Job.";
  return [first, ...errors, last].map(withoutSecrets);
}

/**
 * What the pods of a complete Job answered, in the order of their indexes. What they printed or told is said.
 *
 * @throws JobError if a pod or its answer is gone; ClusterError
 */
export async function answersOf(
  cluster: Cluster,
  name: string,
  count: number,
  say: (line: string) => void,
): Promise<unknown[]> {
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
  for (const line of new Set([...(await logsOf(cluster, done)), ...told])) say(line);
  const leftOut = found.reduce((sum, one) => sum + one.leftOut, 0);
  if (leftOut > 0) {
    say(
      `job ${name}: The termination message has no room for ${leftOut} more examples. The counts are complete, and ` +
        "quarantine*.ndjson, conflicts/ and held/ in the state directory have all cases.",
    );
  }
  return found.map(({ answer }) => answer);
}

/** The last lines of pods' logs, or why there are none: nothing else depends on the right to read them. */
async function logsOf(cluster: Cluster, pods: readonly V1Pod[]): Promise<string[]> {
  try {
    const logs = await Promise.all(
      pods.map((pod) => cluster.log(nameOf(pod), containerName, shownLines)),
    );
    return logs.flatMap((log) => log.split("\n").filter(Boolean).map(withoutSecrets));
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return [`No lines of progress, which change no result: ${error.message}`];
  }
}
