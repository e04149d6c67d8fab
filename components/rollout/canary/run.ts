import type { V1Pod } from "@kubernetes/client-node";
import {
  describeApiLocation,
  formatSelector,
  isReady,
  kubectlAt,
  nameOf,
  podObstacle,
  WaitTimeout,
  watch,
  type Cluster,
  type Controller,
} from "../../kubernetes";
import { reportLine } from "../../step";
import { redactor, secretsIn, warning } from "../../text";
import { watchConnections } from "./connections";
import { canariesOf, readersOf } from "./pod";
import { refusalOf, removeCanaries, type CanaryTarget, type Prepared } from "./prepare";
import { areReady, areRunning, findEnded, judge, limitOf, type Verdict } from "./verdict";

/**
 * Runs the pod, and deletes it in any case.
 *
 * @param uri the services' connection string; secret
 * @returns why it showed nothing; undefined if web works
 * @throws Error if web does not work on MongoDB, or if the pod does not end; ClusterError if it could not be deleted
 */
export async function runPod(
  cluster: Cluster,
  target: CanaryTarget & { readonly uri?: string },
  { web, pod }: Prepared,
): Promise<string | undefined> {
  const { owner, timeoutSeconds } = target;
  try {
    const limit = limitOf(await secondsOfWeb(cluster, web), timeoutSeconds);
    const look = await watchConnections(target.uri);
    await cluster.createPod(pod);
    const { verdict, log } = await watchPod(cluster, { ...target, limit, look }, nameOf(pod));
    if (verdict.is === "stop") throw new Error(describeStop(cluster, pod, verdict.reason, log));
    if (verdict.is === "unshown") return verdict.reason;
    const isSeen = (await look()) === true;
    reportLine(isSeen ? "canary: web started on MongoDB" : unseen);
    return undefined;
  } catch (error) {
    return refusalOf(error);
  } finally {
    // guarantee: a canary is gone when its step ends
    await removeCanaries(cluster, owner);
    const left = () => cluster.list("Pod", canariesOf(owner));
    const obstacles = async () => (await left()).map((one) => podObstacle(one));
    await watch(cluster, "canary", timeoutSeconds, obstacles).catch((error: unknown) => {
      if (!(error instanceof WaitTimeout)) throw error;
      throw new Error(`The pod of the canary still runs ${error.message}`);
    });
  }
}

const unseen = warning(
  "canary-connection",
  "Web started with the variables of Mongo mode. Whether it reached MongoDB is unknown: the server does not show " +
    "this program its connections.",
);

interface Watched extends CanaryTarget {
  readonly uri?: string;
  readonly limit: number;
  readonly look: () => Promise<boolean | undefined>;
}

async function watchPod(cluster: Cluster, { uri, owner, limit, ...target }: Watched, name: string) {
  const clean = redactor(secretsIn({ connectionString: uri }));
  const began: { running?: number; ready?: number } = {};
  const created = Date.now();
  const since = (start = Date.now()) => (Date.now() - start) / 1_000;
  let verdict: Verdict = { is: "wait" };
  let log = "";
  const observe = async () => {
    const pods = await cluster.list("Pod", canariesOf(owner));
    const pod = pods.find((one) => nameOf(one) === name);
    if (pod && areRunning(pod)) began.running ??= Date.now();
    if (pod && areReady(pod)) began.ready ??= Date.now();
    const events = cluster.list("Event", "", `involvedObject.name=${name}`);
    const observed = {
      pod,
      events: await events.catch(() => []),
      seconds: {
        created: since(created),
        ...(began.running && { running: since(began.running) }),
        ...(began.ready && { ready: since(began.ready) }),
      },
      limitSeconds: limit,
      isConnected: began.running ? await target.look() : undefined,
    };
    verdict = judge({ ...observed, log });
    if (verdict.is === "wait" && pod) return [podObstacle(pod)];
    if (verdict.is === "stop" && pod) {
      const container = findEnded(pod)?.name ?? readersOf(pod.spec)[0] ?? "";
      log = clean(await cluster.readLog(name, container, 20).catch(refusalOf));
      verdict = judge({ ...observed, log });
    }
    return [];
  };
  await watch(cluster, "canary", Infinity, observe, target.timeoutSeconds);
  return { verdict: verdict as Verdict, log };
}

function describeStop({ location }: Cluster, pod: V1Pod, reason: string, log: string): string {
  const lines = log.trimEnd().split("\n").slice(-20);
  const events = `get events --field-selector involvedObject.name=${nameOf(pod)}`;
  return [
    `Web does not work on MongoDB. A pod of its template with the variables of Mongo mode failed in ` +
      `${describeApiLocation(location)}: ${reason}. The end of its log:`,
    ...lines.map((line) => `  ${line.slice(0, 300)}`),
    `No service was touched, and the pod is removed. See its events: ${kubectlAt(location)} ${events}`,
    "Fix the cause and run pulumi up again: what was imported stays.",
  ].join("\n");
}

/** The shortest time, in seconds, that a live pod of web took to be ready; 0 if none is ready. */
async function secondsOfWeb(cluster: Cluster, { spec }: Controller): Promise<number> {
  const pods = await cluster.list("Pod", formatSelector(spec?.selector));
  const times = pods.filter(isReady).map(({ metadata, status }) => {
    const ready = status?.conditions?.find(({ type }) => type === "Ready");
    const end = ready?.lastTransitionTime?.getTime() ?? 0;
    return (end - (metadata?.creationTimestamp?.getTime() ?? end)) / 1_000;
  });
  return times.length > 0 ? Math.min(...times) : 0;
}
