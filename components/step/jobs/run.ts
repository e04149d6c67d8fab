import { randomBytes } from "node:crypto";
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import {
  clusterAt,
  hasEnded,
  inFull,
  labelValue,
  nameOf,
  describeApiPlace,
  podObstacle,
  secondsBetween,
  WaitTimeout,
  watch,
  type Cluster,
  type Obstacle,
} from "../../kubernetes";
import { tell } from "./answer";
import { claimUseOf } from "./claim";
import { configMapOf, jobOf, labels } from "./manifest";
import { answersOf, endBesideSidecars, endOf, podsOf, reasonsOf } from "./result";
import { JobError, type JobRequest, type JobTarget, type StopAddress } from "./target";

/**
 * Runs a step as a new Job, waits as long as it takes, and returns the answers of its pods, in the order of their
 * indexes. First stops a Job of the same step that an interrupted run left.
 *
 * @throws JobError if the Job fails, if no pod of it runs for the target's time-out (it is deleted then),
 *   or if a pod gave no answer; ClusterError, KubeconfigError
 */
export async function runJob(target: JobTarget, asked: JobRequest): Promise<unknown[]> {
  const cluster = await clusterAt(target);
  // A pod of a lost node may still run: every step is safe against a second runner (decision 11).
  await stopJobs(cluster, target, `${labels.step}=${asked.kind}`);
  const use = await claimUseOf(cluster, target, asked);
  const name = `taskrunner-${asked.kind}-${randomBytes(4).toString("hex")}`;
  const job = await cluster.create("Job", jobOf(target, asked, name, use));
  // After the Job, which owns it; the pod waits for it.
  await cluster.createConfigMap(configMapOf(asked, job));
  tell(`job ${name}: created in ${describeApiPlace(cluster.place)}`);
  const count = use.isOfOneNode ? 1 : (asked.pods ?? 1);
  const { why, isHeld } = await untilOver(cluster, target, { name, count });
  if (why !== undefined) throw new JobError(await reasonsOf(cluster, name, why));
  tell(`job ${name}: complete`);
  const answers = await answersOf(cluster, name, count);
  // Else the sidecars run for ever, with the claim mounted.
  if (isHeld) await cluster.remove("Job", name, "Foreground");
  return answers;
}

async function untilOver(
  cluster: Cluster,
  { timeoutSeconds }: JobTarget,
  { name, count }: { readonly name: string; readonly count: number },
) {
  let job = await cluster.read("Job", name);
  let beside: ReturnType<typeof endBesideSidecars>;
  let lastRan = new Date();
  await watch(cluster, {
    ...{ what: `job ${name}`, timeoutSeconds: Infinity },
    look: async () => {
      job = await cluster.read("Job", name);
      if (endOf(job)) return [];
      const pods = await podsOf(cluster, name);
      beside = endBesideSidecars(pods, count);
      if (beside) return [];
      const now = new Date();
      if (pods.some(runs)) lastRan = now;
      const found = obstaclesOf(job, pods);
      if (secondsBetween(lastRan, now) < timeoutSeconds) return found;
      await cluster.remove("Job", name, "Foreground");
      const first = `Job ${name} had no running pod for ${timeoutSeconds} s, and was deleted:`;
      throw new JobError([first, ...found.map(inFull)]);
    },
  });
  return { why: (beside ?? endOf(job))?.why, isHeld: beside !== undefined };
}

function runs({ metadata, status }: V1Pod): boolean {
  // Its node may not report any more.
  if (metadata?.deletionTimestamp) return false;
  return status?.containerStatuses?.some(({ state }) => state?.running) ?? false;
}

function obstaclesOf(job: V1Job, pods: readonly V1Pod[]): Obstacle[] {
  const left = pods.filter((pod) => !hasEnded(pod));
  if (left.length > 0) return left.map((pod) => podObstacle(pod));
  const object = `job ${nameOf(job)}`;
  const found = pods.length > 0 ? "its pods have ended" : "no pod yet";
  return [{ object, found, advice: `See its events: kubectl describe ${object}` }];
}

/**
 * Stops the stack's Jobs of the other direction (decision 10). Those of this one may be of the same `up`.
 *
 * @throws JobError if pods do not end within the target's time-out; ClusterError, KubeconfigError
 */
export async function stopOthers(
  target: StopAddress,
  direction: "forward" | "back",
): Promise<void> {
  await stopJobs(await clusterAt(target), target, `${labels.direction}!=${direction}`);
}

async function stopJobs(
  cluster: Cluster,
  { stack, timeoutSeconds }: StopAddress,
  which: string,
): Promise<void> {
  const selector = `${labels.stack}=${labelValue(stack)},${which}`;
  const running = (await cluster.list("Job", selector)).filter((job) => !endOf(job));
  for (const job of running) {
    tell(`job ${nameOf(job)}: stopped, because it is no longer wanted`);
    await cluster.remove("Job", nameOf(job), "Foreground");
    const what = `job ${nameOf(job)}`;
    const look = async () => {
      const pods = await podsOf(cluster, nameOf(job));
      return pods.filter((pod) => !hasEnded(pod)).map((pod) => podObstacle(pod));
    };
    await watch(cluster, { what, timeoutSeconds, look }).catch((error: unknown) => {
      if (!(error instanceof WaitTimeout)) throw error;
      const first = `Job ${nameOf(job)} was deleted, but its pods have not ended after ${timeoutSeconds} s:`;
      throw new JobError([first, ...error.obstacles.map(inFull)]);
    });
  }
}
