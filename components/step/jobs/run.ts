import { randomBytes } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import {
  clusterAt,
  hasEnded,
  inFull,
  isGone,
  labelValue,
  nameOf,
  describeApiPlace,
  podObstacle,
  secondsBetween,
  WaitTimeout,
  warningOf,
  watch,
  type Cluster,
  type Moment,
  type Obstacle,
} from "../../kubernetes";
import { tell } from "./answer";
import { claimUseOf } from "./claim";
import { configMapOf, jobOf, labels } from "./manifest";
import { answersOf, endBesideSidecars, endOf, podsOf, reasonsOf } from "./result";
import {
  JobError,
  requestLimit,
  type JobRequest,
  type JobTarget,
  type StopAddress,
} from "./target";

/**
 * Runs a step as a new Job, waits as long as it takes, and returns the answers of its pods, in the order of their
 * indexes. First stops a Job of the same step that an interrupted run left.
 *
 * @throws JobError if the Job fails, if no pod of it runs for the target's time-out (it is deleted then),
 *   or if a pod gave no answer; ClusterError, KubeconfigError
 */
export async function runJob(target: JobTarget, asked: JobRequest): Promise<unknown[]> {
  const cluster = await clusterAt(target);
  const bytes = Buffer.byteLength(asked.request);
  if (bytes > requestLimit) {
    throw new JobError([
      `The request of ${asked.kind} has ${bytes} bytes, and a ConfigMap takes at most ${requestLimit}. ` +
        "Nothing was started. Shorten the names in the settings.",
    ]);
  }
  // A pod of a lost node may still run: every step is safe against a second runner (decision 11).
  await stopJobs(cluster, target, `${labels.step}=${asked.kind}`, isGone);
  const use = await claimUseOf(cluster, target, asked);
  const name = `taskrunner-${asked.kind}-${randomBytes(4).toString("hex")}`;
  const job = await cluster.create("Job", jobOf(target, asked, name, use));
  // After the Job, which owns it; the pod waits for it.
  await cluster.createConfigMap(configMapOf(asked, job));
  tell(`job ${name}: created in ${describeApiPlace(cluster.place)}`);
  const count = use.isOfOneNode ? 1 : (asked.pods ?? 1);
  // Whether no pod of it runs, or will run on the nodes that it is bound to.
  const isStranded = async (pods: readonly V1Pod[]) => {
    if (pods.some((pod) => isGone(pod) && !hasEnded(pod))) return true;
    if (use.nodes.length === 0 || pods.every(({ spec }) => spec?.nodeName)) return false;
    return !isDeepStrictEqual((await claimUseOf(cluster, target, asked)).nodes, use.nodes);
  };
  const end = await untilOver(cluster, target, { name, count }, isStranded);
  if (end === undefined) {
    tell(`job ${name}: its node was cordoned or lost, so it is created again`);
    return runJob(target, asked);
  }
  const { why, isHeld } = end;
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
  isStranded: (pods: readonly V1Pod[]) => Promise<boolean>,
) {
  let job = await cluster.read("Job", name);
  let beside: ReturnType<typeof endBesideSidecars>;
  let lastRan = new Date();
  let stranded: boolean | undefined;
  await watch(cluster, {
    ...{ what: `job ${name}`, timeoutSeconds: Infinity },
    look: async (moment) => {
      job = await cluster.read("Job", name);
      if (endOf(job)) return [];
      const pods = await podsOf(cluster, name);
      beside = endBesideSidecars(pods, count);
      if (beside) return [];
      if (pods.some(runs)) lastRan = moment.now;
      else if ((stranded = await isStranded(pods))) return [];
      const isLate = secondsBetween(lastRan, moment.now) >= timeoutSeconds;
      if (!isLate) return obstaclesOf(job, pods, moment);
      const warnings = await cluster.warnings();
      await cluster.remove("Job", name, "Foreground");
      const first = `Job ${name} had no running pod for ${timeoutSeconds} s, and was deleted:`;
      const found = obstaclesOf(job, pods, { ...moment, warnings });
      throw new JobError([first, ...found.map(inFull)]);
    },
  });
  if (stranded) return undefined;
  return { why: (beside ?? endOf(job))?.why, isHeld: beside !== undefined };
}

function runs({ metadata, status }: V1Pod): boolean {
  // Its node may not report any more.
  if (metadata?.deletionTimestamp) return false;
  return status?.containerStatuses?.some(({ state }) => state?.running) ?? false;
}

function obstaclesOf(job: V1Job, pods: readonly V1Pod[], moment: Moment): Obstacle[] {
  const left = pods.filter((pod) => !hasEnded(pod));
  if (left.length > 0) {
    return left.map((pod) => {
      if (!runs(pod)) return podObstacle(pod, moment);
      const name = nameOf(pod);
      const started = pod.status?.containerStatuses?.[0]?.state?.running?.startedAt;
      const found = started ? `runs for ${secondsBetween(started, moment.now)} s` : "runs";
      return { object: `pod ${name}`, found, advice: `See its log: kubectl logs ${name}` };
    });
  }
  const found = pods.length > 0 ? "its pods have ended" : "no pod yet";
  const detail = warningOf(job.metadata?.uid, moment)?.message ?? "";
  return [
    { object: `job ${nameOf(job)}`, found, detail, advice: "Check quotas and admission webhooks." },
  ];
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
  isGone = hasEnded,
): Promise<void> {
  const selector = `${labels.stack}=${labelValue(stack)},${which}`;
  const running = (await cluster.list("Job", selector)).filter((job) => !endOf(job));
  for (const job of running) {
    tell(`job ${nameOf(job)}: stopped, because it is no longer wanted`);
    await cluster.remove("Job", nameOf(job), "Foreground");
    const what = `job ${nameOf(job)}`;
    const look = async (moment: Moment) => {
      const pods = await podsOf(cluster, nameOf(job));
      return pods.filter((pod) => !isGone(pod)).map((pod) => podObstacle(pod, moment));
    };
    await watch(cluster, { what, timeoutSeconds, look }).catch((error: unknown) => {
      if (!(error instanceof WaitTimeout)) throw error;
      const first = `Job ${nameOf(job)} was deleted, but its pods have not ended after ${timeoutSeconds} s:`;
      throw new JobError([first, ...error.obstacles.map(inFull)]);
    });
  }
}
