import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded, labelValue, nameOf } from "../kubernetes";
import { namespaceAt, type Namespace } from "./api";
import { isOver, podsOf } from "./job";
import { labels } from "./manifest";
import type { JobTarget } from "./target";

const everyMs = 500;

/**
 * Stops what still runs of a stack's Jobs and leads to the other mode than the one that is wanted
 * now (decision 10). Those of this mode may be of the same `up`.
 *
 * @throws ClusterError, KubeconfigError
 */
export async function stopOthers(
  target: JobTarget,
  mode: "mongo" | "filesystem",
  say: (line: string) => void,
): Promise<void> {
  await stopJobs(await namespaceAt(target), target.stack, `${labels.mode}!=${mode}`, say);
}

/** Stops what an interrupted run of a step has left. @throws ClusterError */
export async function stopFormer(
  namespace: Namespace,
  stack: string,
  step: string,
  say: (line: string) => void,
): Promise<void> {
  await stopJobs(namespace, stack, `${labels.step}=${step}`, say);
}

/** Deletes Jobs that are not over, and waits until their pods are gone. Those that are over stay. */
async function stopJobs(
  namespace: Namespace,
  stack: string,
  which: string,
  say: (line: string) => void,
): Promise<void> {
  const selector = `${labels.stack}=${labelValue(stack)},${which}`;
  const running = (await namespace.jobs(selector)).filter((job) => !isOver(job));
  for (const job of running) {
    say(`job ${nameOf(job)}: stopped, because it is not wanted any more`);
    await namespace.removeJob(nameOf(job));
    const remain = async () => (await podsOf(namespace, nameOf(job))).some((pod) => !hasEnded(pod));
    while (await remain()) await sleep(everyMs);
  }
}
