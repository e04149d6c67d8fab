import {
  type ClusterAddress,
  hasEnded,
  labelValue,
  nameOf,
  podObstacle,
  watch,
} from "../../kubernetes";
import { endOf, namespaceAt, podsOf, type Namespace } from "./api";
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
  await stopJobs(await namespaceAt(target), target, `${labels.direction}!=${direction}`, say);
}

/**
 * Deletes Jobs that are not over, and waits until their pods are gone. Those that are over stay.
 *
 * @param which of the stack's Jobs, by their labels
 * @param isGone whether a pod is not waited for; default: if it has ended
 * @throws JobError where pods of it do not end within the target's time-out; ClusterError
 */
export async function stopJobs(
  namespace: Namespace,
  { stack, timeoutSeconds }: StopAddress,
  which: string,
  say: (line: string) => void,
  isGone = hasEnded,
): Promise<void> {
  const selector = `${labels.stack}=${labelValue(stack)},${which}`;
  const running = (await namespace.jobs(selector)).filter((job) => !endOf(job));
  for (const job of running) {
    say(`job ${nameOf(job)}: stopped, because it is no longer wanted`);
    await namespace.removeJob(nameOf(job));
    const remain = await watch({
      ...{ what: `job ${nameOf(job)}`, timeoutSeconds, say, warnings: namespace.warnings },
      look: async (moment) => {
        const pods = await podsOf(namespace, nameOf(job));
        return pods.filter((pod) => !isGone(pod)).map((pod) => podObstacle(pod, moment));
      },
    });
    if (remain.length === 0) continue;
    const first = `Job ${nameOf(job)} was deleted, but its pods have not ended after ${timeoutSeconds} s:`;
    throw new JobError([first, ...remain]);
  }
}
