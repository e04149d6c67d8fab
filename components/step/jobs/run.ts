import { randomBytes } from "node:crypto";
import type { V1Job, V1Pod } from "@kubernetes/client-node";
import { redact } from "../../text";
import {
  clusterAt,
  hasEnded,
  formatObstacle,
  labelValue,
  nameOf,
  describeApiLocation,
  podObstacle,
  WaitTimeout,
  watch,
  type Cluster,
} from "../../kubernetes";
import { parseAnswer, reportLine } from "./answer";
import {
  configMapOf,
  containerName,
  jobOf,
  labels,
  type JobRequest,
  type JobTarget,
  type StopAddress,
} from "./manifest";

/** A Job gave no answer. Each reason is a sentence or a line of its pod; none is secret. */
export class JobError extends Error {
  override readonly name = "JobError";

  constructor(readonly reasons: readonly string[]) {
    super(reasons.join("\n"));
  }
}

/**
 * Runs a step as a new Job, waits as long as it takes, and returns the answer of its pod. First stops a Job of the
 * same step that an interrupted run left.
 *
 * @param signal deletes the Job, and is thrown with its reason
 * @throws JobError if the Job fails, if no pod of it runs for the target's time-out (it is deleted then),
 *   or if its pod gave no answer; ClusterError, KubeconfigError
 */
export async function runJob(
  target: JobTarget,
  asked: JobRequest,
  signal?: AbortSignal,
): Promise<object> {
  const cluster = await clusterAt(target);
  // A pod of a lost node may still run: every step is safe against a second runner (docs/design.md#no-lock).
  await stopJobs(cluster, target, `${labels.step}=${asked.kind}`);
  const nodes = await nodesOfVolume(cluster, target, asked);
  const name = `taskrunner-${asked.kind}-${randomBytes(4).toString("hex")}`;
  const job = await cluster.create("Job", jobOf(target, asked, name, nodes));
  // After the Job, which owns it; the pod waits for it.
  await cluster.createConfigMap(configMapOf(asked, job)).catch(async (error: unknown) => {
    await cluster.remove("Job", name, "Foreground").catch(() => undefined);
    throw error;
  });
  reportLine(`job ${name}: created in ${describeApiLocation(cluster.location)}`);
  const { why, sidecarsStillRun } = await untilOver(cluster, target, name, signal);
  if (why !== undefined) throw new JobError(await reasonsOf(cluster, name, why));
  reportLine(`job ${name}: complete`);
  const answer = await answerOf(cluster, name);
  // Otherwise the sidecars run forever, with the volume mounted.
  if (sidecarsStillRun) await cluster.remove("Job", name, "Foreground");
  return answer;
}

async function untilOver(
  cluster: Cluster,
  { timeoutSeconds }: JobTarget,
  name: string,
  signal?: AbortSignal,
) {
  let end: ReturnType<typeof endOf>;
  let ownResult: ReturnType<typeof resultDespiteSidecars>;
  let lastRan = Date.now();
  const look = async () => {
    if (signal?.aborted) await cluster.remove("Job", name, "Foreground");
    signal?.throwIfAborted();
    end = endOf(await cluster.read("Job", name));
    if (end) return [];
    const pods = await podsOf(cluster, name);
    ownResult = resultDespiteSidecars(pods);
    // guarantee: a Job ends with its own container, whatever sidecars do
    if (ownResult) return [];
    // The node of a terminating pod may no longer report.
    const runs = ({ metadata, status }: V1Pod) =>
      !metadata?.deletionTimestamp &&
      status?.containerStatuses?.some(
        ({ name, state }) => name === containerName && state?.running,
      );
    if (pods.some(runs)) lastRan = Date.now();
    const left = remaining(pods);
    const advice = `See its events: kubectl describe job ${name}`;
    const none = { object: `job ${name}`, found: "it has no pod", advice };
    const found = left.length > 0 ? left : [none];
    if (Date.now() - lastRan < timeoutSeconds * 1_000) return found;
    await cluster.remove("Job", name, "Foreground");
    const first = `Job ${name} had no running pod for ${timeoutSeconds} s, and was deleted:`;
    throw new JobError([first, ...found.map(formatObstacle)]);
  };
  await watch(cluster, `job ${name}`, Infinity, look, timeoutSeconds);
  return { why: (ownResult ?? end)?.why, sidecarsStillRun: ownResult !== undefined };
}

/**
 * Stops the stack's Jobs of the other direction (specification, "Rollback"). Those of this one may be of the same `up`.
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
    const name = nameOf(job);
    reportLine(`job ${name}: stopped, because it is no longer wanted`);
    await cluster.remove("Job", name, "Foreground");
    const look = async () => remaining(await podsOf(cluster, name));
    await watch(cluster, `job ${name}`, timeoutSeconds, look).catch((error: unknown) => {
      if (!(error instanceof WaitTimeout)) throw error;
      throw new JobError([`Job ${name} was deleted, but its pods have not ended ${error.message}`]);
    });
  }
}

/**
 * The nodes whose pods mount the volume of a step now, if only pods of one node may: on another node a Job's pod would
 * wait until the services' pods are gone (`Multi-Attach error`). None if several nodes may mount it, or the step
 * mounts none.
 *
 * @throws ClusterError
 */
export async function nodesOfVolume(
  cluster: Cluster,
  { volume }: Pick<JobTarget, "volume">,
  asked: JobRequest,
): Promise<readonly string[]> {
  if (asked.state === undefined || volume === undefined) return [];
  const modes = (await cluster.read("PersistentVolumeClaim", volume.name)).spec?.accessModes ?? [];
  if (modes.includes("ReadWriteMany")) return [];
  // A Job's own pods follow the others.
  const others = await cluster.list("Pod", "app.kubernetes.io/name!=taskrunner-storage");
  const mounting = others.filter((pod) => {
    const claims = (pod.spec?.volumes ?? []).map((one) => one.persistentVolumeClaim?.claimName);
    return !hasEnded(pod) && claims.includes(volume.name);
  });
  const running = mounting.filter(({ status }) => status?.phase === "Running");
  const counted = running.length > 0 ? running : mounting;
  return [...new Set(counted.flatMap(({ spec }) => spec?.nodeName ?? []))].sort();
}

function endOf({ status }: V1Job): { readonly why?: string } | undefined {
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

// The result of a Job of which only sidecars still run; undefined for any other Job.
function resultDespiteSidecars(pods: readonly V1Pod[]) {
  const held = pods.filter(
    (pod) => pod.status?.containerStatuses?.some(({ state }) => state?.running) && ownEnd(pod),
  );
  const failed = held.find((pod) => ownEnd(pod)?.exitCode !== 0);
  if (failed) return { why: `container ${containerName} of pod ${nameOf(failed)} failed` };
  return held.length > 0 ? { why: undefined } : undefined;
}

const remaining = (pods: readonly V1Pod[]) =>
  pods.filter((pod) => !hasEnded(pod)).map((pod) => podObstacle(pod));

const podsOf = (cluster: Cluster, job: string) => cluster.list("Pod", `job-name=${job}`);

async function reasonsOf(cluster: Cluster, name: string, why: string): Promise<string[]> {
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
  const first = `Job ${name} failed in ${describeApiLocation(cluster.location)}: ${why}`;
  const last =
    "The Job stays as it is, with its pods' logs. Fix the cause and run pulumi up again: it creates a new Job.";
  return [first, ...errors, last].map((line) => redact(line));
}

/** The answer of the pod that did the work. Prints its lines. */
async function answerOf(cluster: Cluster, name: string): Promise<object> {
  const done = (await podsOf(cluster, name)).find((pod) => ownEnd(pod)?.exitCode === 0);
  const found = parseAnswer((done && ownEnd(done)?.message) ?? "");
  if (!found) {
    throw new JobError([
      `Job ${name} is complete, but its pod no longer exists, or its termination message has no result. Run pulumi ` +
        "up again: a new Job finds that the work is done.",
    ]);
  }
  const { answer, leftOut } = found;
  (answer as { lines?: string[] }).lines?.forEach(reportLine);
  if (leftOut > 0) {
    reportLine(
      `job ${name}: The termination message has no room for ${leftOut} more examples. The counts are complete, and ` +
        "quarantine.ndjson, conflicts/ and held/ in the state directory have all cases.",
    );
  }
  return answer;
}
