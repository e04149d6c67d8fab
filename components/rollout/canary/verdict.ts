// The client types its objects as classes; they are plain data.
/* eslint-disable @typescript-eslint/no-unsafe-class-instance-assignment */
import type * as Api from "@kubernetes/client-node";
import { podObstacle, quote, statusesOf } from "../../kubernetes";
import { readersOf } from "./pod";

/** A canary as it is now. Times are the program's own: a node's clock may differ. */
export interface ObservedCanary {
  /** Undefined if it was deleted. */
  readonly pod: Api.V1Pod | undefined;
  readonly events: readonly Api.CoreV1Event[];
  /** The end of the log of the container that `findEnded` names; otherwise empty. */
  readonly log: string;
  /** Since it was created, since its containers with the stack's variables ran, and since all containers were ready. */
  readonly seconds: {
    readonly created: number;
    readonly running?: number | undefined;
    readonly ready?: number | undefined;
  };
  /** How long it may take. */
  readonly limitSeconds: number;
  /** Whether MongoDB had a connection of web meanwhile; undefined if the server does not say. */
  readonly isConnected: boolean | undefined;
}

/** `stop`: web does not work on MongoDB. `unshown`: the cluster keeps the pod from showing whether it does. */
export type Verdict =
  { readonly is: "passed" | "wait" } | { readonly is: "stop" | "unshown"; readonly reason: string };

const stop = (reason: string): Verdict => ({ is: "stop", reason });
const unshown = (reason: string): Verdict => ({ is: "unshown", reason });

/** How long all containers have to be ready. */
const steadySeconds = 10;

/** How long a pod may take, from the time that live web took to be ready. */
export function limitOf(webTookSeconds: number, timeoutSeconds: number): number {
  return Math.min(Math.max(60, 3 * webTookSeconds), timeoutSeconds);
}

/** Judges the pod by its state so far. */
export function judge(observed: ObservedCanary): Verdict {
  const { pod, seconds, limitSeconds, isConnected } = observed;
  if (!pod || pod.metadata?.deletionTimestamp) return unshown("its pod was deleted");
  const early = judgeEnd(pod, observed.log) ?? judgeWaiting(pod);
  if (early) return early;
  if (areReady(pod)) {
    const { containerStatuses = [] } = pod.status ?? {};
    // A virtual node reports containers that did not run.
    if (!containerStatuses.some(({ containerID }) => containerID))
      return unshown(`its node ${pod.spec?.nodeName} names no container that runs`);
    if ((seconds.ready ?? 0) < steadySeconds) return { is: "wait" };
    return isConnected === false ? stop(neverConnected) : { is: "passed" };
  }
  if (seconds.ready !== undefined)
    return stop(`its containers were ready, but not for ${steadySeconds} s`);
  const { running } = seconds;
  if ((running ?? seconds.created) < limitSeconds) return { is: "wait" };
  const held = heldBy(pod);
  if (held !== undefined) return unshown(`its container ${held} is not ready`);
  if (running !== undefined)
    return stop(`its containers run, but are not ready after ${limitSeconds} s`);
  const event = observed.events.findLast(({ type }) => type === "Warning");
  const { found, detail } = podObstacle(pod);
  const why = event
    ? `${event.reason}, ${quote(event.message)}`
    : [found, detail].filter(Boolean).join(", ");
  return unshown(`its containers did not start within ${limitSeconds} s: ${why}`);
}

const neverConnected =
  "web was ready, but MongoDB had no connection of the user of appMongoUri: web ignores its variables (another prefix, " +
  "or a settings file that overrides them), or its Secret has another user. If web connects only later, set " +
  "rollout.canary: false";

/** Whether all containers are ready. The pod itself never is, because its readiness gate is never met. */
export const areReady = ({ status }: Api.V1Pod) =>
  status?.conditions?.some(
    ({ type, status }) => type === "ContainersReady" && status === "True",
  ) === true;

/** Whether all containers with the stack's variables run. */
export function areRunning(pod: Api.V1Pod): boolean {
  const readers = readersOf(pod.spec && { containers: pod.spec.containers });
  const found = statusesOf(pod).filter(({ name }) => readers.includes(name));
  return found.length === readers.length && found.every(({ state }) => state?.running);
}

/** The container that ended too early: one with the stack's variables first. */
export function findEnded(pod: Api.V1Pod): Api.V1ContainerStatus | undefined {
  const { initContainers = [] } = pod.spec ?? {};
  const ended = statusesOf(pod).filter(({ name, state }) => {
    const init = initContainers.find((one) => one.name === name);
    // An init container is expected to end, and a sidecar starts again.
    const isFine = init && (init.restartPolicy === "Always" || state?.terminated?.exitCode === 0);
    return state?.terminated && !isFine;
  });
  const readers = readersOf(pod.spec);
  return ended.find(({ name }) => readers.includes(name)) ?? ended[0];
}

/** A container without the stack's variables that is not ready, such as that of a service mesh. */
function heldBy(pod: Api.V1Pod): string | undefined {
  const readers = readersOf(pod.spec);
  const isHolding = ({ name, ready, state }: Api.V1ContainerStatus) =>
    !readers.includes(name) && !ready && !state?.terminated;
  return statusesOf(pod).find(isHolding)?.name;
}

function judgeEnd(pod: Api.V1Pod, log: string): Verdict | undefined {
  const ended = findEnded(pod);
  const { phase, reason = "Failed", message } = pod.status ?? {};
  if (!ended)
    return phase === "Failed" ? unshown(`its pod failed: ${reason}, ${quote(message)}`) : undefined;
  const { name, state } = ended;
  const { exitCode = 0, reason: why = "Error", message: words } = state?.terminated ?? {};
  const how = `its container ${name} ended with exit code ${exitCode} (${why})`;
  if (!readersOf(pod.spec).includes(name))
    return unshown(`${how}, which has none of the stack's variables`);
  if (/StartError|ContainerCannotRun/.test(why)) return unshown(`${how}: ${quote(words)}`);
  if (/EROFS|read-only file ?system/i.test(log))
    return unshown(`${how}, because it writes to a claim, which the canary mounts read-only`);
  const held = heldBy(pod);
  if (held !== undefined) return unshown(`${how} before its container ${held} was ready`);
  // The kubelet evicted the pod.
  if (phase === "Failed" && pod.status?.reason !== undefined)
    return unshown(`its pod failed: ${reason}, ${quote(message)}`);
  return stop(how);
}

function judgeWaiting(pod: Api.V1Pod): Verdict | undefined {
  for (const { name, state } of statusesOf(pod)) {
    const { reason = "", message } = state?.waiting ?? {};
    const found = `its container ${name} does not start (${reason}): ${quote(message)}`;
    const isOfSecret = /secret "[^"]*" not found|couldn't find key .* in Secret/i.test(
      message ?? "",
    );
    if (reason === "CreateContainerConfigError" && isOfSecret) return stop(found);
    if (lasting.test(reason)) return unshown(found);
  }
  return undefined;
}

// A pull that failed once is tried again.
const lasting =
  /^(ImagePullBackOff|InvalidImageName|ErrImageNeverPull|ImageInspectError|CreateContainerConfigError|CreateContainerError|RunContainerError)$/;
