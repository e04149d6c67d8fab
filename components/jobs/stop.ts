import { setTimeout as sleep } from "node:timers/promises";
import { nameOf, hasEnded } from "../kubernetes";
import { namespaceAt, type Namespace } from "./api";
import { isOver, podsOf } from "./job";
import { labels, stackLabel } from "./manifest";
import type { JobTarget } from "./target";

const everyMs = 500;

/**
 * Stops what runs of a stack's Jobs, on the way back (decision 10).
 *
 * @throws ClusterError, KubeconfigError
 */
export async function stopJobsOf(target: JobTarget, say: (line: string) => void): Promise<void> {
  await stopJobs(await namespaceAt(target), { stack: target.stack }, say);
}

/**
 * Deletes a stack's Jobs that are not over, and waits until their pods are gone. Those that are over
 * stay.
 *
 * @param step of this step alone; default: of all steps
 * @throws ClusterError
 */
export async function stopJobs(
  namespace: Namespace,
  { stack, step }: { readonly stack: string; readonly step?: string },
  say: (line: string) => void,
): Promise<void> {
  const own = `${labels.stack}=${stackLabel(stack)}`;
  const selector = step === undefined ? own : `${own},${labels.step}=${step}`;
  const running = (await namespace.jobs(selector)).filter((job) => !isOver(job));
  for (const job of running) {
    say(`job ${nameOf(job)}: stopped, because it is not wanted any more`);
    await namespace.removeJob(nameOf(job));
    const remain = async () => (await podsOf(namespace, nameOf(job))).some((pod) => !hasEnded(pod));
    while (await remain()) await sleep(everyMs);
  }
}
