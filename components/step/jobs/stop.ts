import {
  clusterAt,
  hasEnded,
  labelValue,
  nameOf,
  podObstacle,
  watch,
  type Cluster,
  type ClusterAddress,
} from "../../kubernetes";
import { endOf, podsOf } from "./api";
import { JobError } from "./errors";
import { labels } from "./manifest";
import type { JobTarget } from "./target";

/** Where a stack's Jobs are, and how long their pods may take to end. */
export type StopAddress = ClusterAddress & Pick<JobTarget, "stack" | "timeoutSeconds">;

/**
 * Stops what still runs of a stack's Jobs and goes in the other direction than the one that is wanted
 * now (decision 10): the document's "stop the Mongo migration runner". Those of this direction may be
 * of the same `up`.
 *
 * @throws JobError where pods of it do not end within the target's time-out; ClusterError,
 *   KubeconfigError
 */
export async function stopOthers(
  target: StopAddress,
  direction: "forward" | "back",
  say: (line: string) => void,
): Promise<void> {
  await stopJobs(await clusterAt(target), target, `${labels.direction}!=${direction}`, say);
}

/**
 * Deletes Jobs that are not over, and waits until their pods are gone. Those that are over stay.
 *
 * @param which of the stack's Jobs, by their labels
 * @param isGone whether a pod is not waited for; default: if it has ended
 * @throws JobError where pods of it do not end within the target's time-out; ClusterError
 */
export async function stopJobs(
  cluster: Cluster,
  { stack, timeoutSeconds }: StopAddress,
  which: string,
  say: (line: string) => void,
  isGone = hasEnded,
): Promise<void> {
  const selector = `${labels.stack}=${labelValue(stack)},${which}`;
  const running = (await cluster.list("Job", selector)).filter((job) => !endOf(job));
  for (const job of running) {
    say(`job ${nameOf(job)}: stopped, because it is no longer wanted`);
    await cluster.remove("Job", nameOf(job), "Foreground");
    const remain = await watch({
      ...{ what: `job ${nameOf(job)}`, timeoutSeconds, say, warnings: cluster.warnings },
      look: async (moment) => {
        const pods = await podsOf(cluster, nameOf(job));
        return pods.filter((pod) => !isGone(pod)).map((pod) => podObstacle(pod, moment));
      },
    });
    if (remain.length === 0) continue;
    const first = `Job ${nameOf(job)} was deleted, but its pods have not ended after ${timeoutSeconds} s:`;
    throw new JobError([first, ...remain]);
  }
}
