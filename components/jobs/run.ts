import { randomBytes } from "node:crypto";
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import {
  hasEnded,
  inFull,
  nameOf,
  placeInWords,
  podObstacle,
  secondsBetween,
  warningOf,
  watch,
  type Moment,
  type Obstacle,
} from "../kubernetes";
import { answerIn } from "./answer";
import { namespaceAt, type Namespace } from "./api";
import { JobError, withoutSecrets } from "./errors";
import { failure, indexOf, isOver } from "./job";
import { configMapOf, jobOf } from "./manifest";
import { stopJobs } from "./stop";
import type { JobCommand, JobTarget } from "./target";

/** So many last lines of a failed pod are in the error, of so many pods. */
const [lastLines, namedPods] = [15, 3];

/**
 * Runs a command of ours as a new Job, and waits as long as it takes. A Job of the same step that
 * an interrupted run left behind is stopped first.
 *
 * @param say takes a line of progress
 * @returns the JSON value that each pod printed, in the order of their indexes
 * @throws JobError where the Job fails, where no pod of it runs for the target's time-out (it is
 *   deleted then), or where a pod gave no answer; ClusterError, KubeconfigError
 */
export async function runJob(
  target: JobTarget,
  command: JobCommand,
  say: (line: string) => void,
): Promise<unknown[]> {
  const namespace = await namespaceAt(target);
  await requireClaim(namespace, target, command);
  await stopJobs(namespace, { stack: target.stack, step: command.step }, say);
  const name = `taskrunner-${command.step}-${randomBytes(4).toString("hex")}`;
  const job = await namespace.createJob(jobOf(target, command, name));
  // The pod waits for it; this way it has an owner, and goes when the Job is deleted.
  await namespace.createConfigMap(configMapOf(target, job));
  say(`job ${name}: created in ${placeInWords(namespace.place)}`);
  const over = await untilOver(namespace, target, name, say);
  const why = failure(over);
  if (why !== undefined) throw new JobError(await reasonsOf(namespace, name, why));
  say(`job ${name}: complete`);
  return answersOf(namespace, name, command.pods ?? 1);
}

/** @throws JobError where more than one pod would have to share a claim that serves one */
async function requireClaim(
  namespace: Namespace,
  { claim }: JobTarget,
  { step, state, pods = 1 }: JobCommand,
): Promise<void> {
  if (state === undefined || claim === undefined) return;
  const modes = (await namespace.claim(claim.name)).spec?.accessModes ?? [];
  if (!modes.includes("ReadWriteOncePod")) return;
  const shared = pods > 1 ? `${pods} pods of ${step}` : `${step} and the services' pods`;
  throw new JobError([
    `The claim ${claim.name} in ${placeInWords(namespace.place)} is ReadWriteOncePod: one pod alone ` +
      `may mount it, and ${shared} would have to. Nothing was started. Give the state a claim that ` +
      "is ReadWriteOnce (pods of one node) or ReadWriteMany.",
  ]);
}

async function untilOver(
  namespace: Namespace,
  { timeoutSeconds }: JobTarget,
  name: string,
  say: (line: string) => void,
): Promise<V1Job> {
  let job = await namespace.job(name);
  let lastRan = new Date();
  await watch({
    ...{ what: `job ${name}`, timeoutSeconds: Infinity, say, warnings: namespace.warnings },
    look: async (moment) => {
      job = await namespace.job(name);
      if (isOver(job)) return [];
      const pods = (await podsOf(namespace, name)).filter((pod) => !hasEnded(pod));
      if (pods.some(runs)) lastRan = moment.now;
      const isLate = secondsBetween(lastRan, moment.now) >= timeoutSeconds;
      if (!isLate) return obstaclesOf(job, pods, moment);
      const warnings = await namespace.warnings();
      await namespace.removeJob(name);
      const first = `Job ${name} had no pod that runs for ${timeoutSeconds} s, and was deleted:`;
      const found = obstaclesOf(job, pods, { ...moment, warnings });
      throw new JobError([first, ...found.map(inFull)]);
    },
  });
  return job;
}

const podsOf = (namespace: Namespace, job: string) =>
  namespace.pods(`batch.kubernetes.io/job-name=${job}`);

function runs({ status }: V1Pod): boolean {
  return status?.containerStatuses?.some(({ state }) => state?.running) ?? false;
}

/** What a Job that is not over waits for. */
function obstaclesOf(job: V1Job, pods: readonly V1Pod[], moment: Moment): Obstacle[] {
  if (pods.length > 0) {
    return pods.map((pod) => (runs(pod) ? working(pod, moment) : podObstacle(pod, moment)));
  }
  const detail = warningOf(job.metadata?.uid, moment)?.message ?? "";
  const object = `job ${nameOf(job)}`;
  return [{ object, found: "no pod yet", detail, advice: "See to quotas and admission." }];
}

function working(pod: V1Pod, { now }: Moment): Obstacle {
  const started = pod.status?.containerStatuses?.[0]?.state?.running?.startedAt;
  const found = started ? `runs for ${secondsBetween(started, now)} s` : "runs";
  return { object: `pod ${nameOf(pod)}`, found, advice: `See kubectl logs ${nameOf(pod)}.` };
}

/** Why a Job has failed: Kubernetes' words, and the last ones of the pods that failed. */
async function reasonsOf(namespace: Namespace, name: string, why: string): Promise<string[]> {
  const pods = await podsOf(namespace, name);
  const failed = pods.filter(({ status }) => status?.phase === "Failed").slice(-namedPods);
  const words = failed.map(async (pod) => {
    const log = await namespace.log(nameOf(pod), lastLines).catch((error: unknown) => {
      return `its log cannot be read: ${error instanceof Error ? error.message : String(error)}`;
    });
    const lines = log.trim().split("\n").map(withoutSecrets);
    return [`Pod ${nameOf(pod)} said last:`, ...lines.map((line) => `  ${line}`)];
  });
  const first = `Job ${name} failed in ${placeInWords(namespace.place)}: ${withoutSecrets(why)}`;
  const last =
    "The Job stays as it is. Mend the cause, then run pulumi up again: it runs a new one.";
  return [first, ...(await Promise.all(words)).flat(), last];
}

async function answersOf(namespace: Namespace, name: string, count: number): Promise<unknown[]> {
  const done = (await podsOf(namespace, name)).filter(
    ({ status }) => status?.phase === "Succeeded",
  );
  const answers = Array.from({ length: count }, async (_, index) => {
    const pod = done.find((one) => indexOf(one) === index);
    const answer = pod && answerIn(await namespace.log(nameOf(pod)));
    if (answer !== undefined) return answer;
    const which = pod ? `the log of pod ${nameOf(pod)}` : `a pod with index ${index}`;
    throw new JobError([
      `Job ${name} is complete, and its result is not to be found: ${which} has none, or is gone. ` +
        "Run pulumi up again: it runs a new one, which finds the work done.",
    ]);
  });
  return Promise.all(answers);
}
