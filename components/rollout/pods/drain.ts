import {
  clusterAt,
  controllersOf,
  describeController,
  describeApiPlace,
  describeScalers,
  identityOf,
  isSameCluster,
  liveModes,
  pauseHint,
  recordedReplicas,
  replicasBefore,
  replicasOf,
  takeDrainSnapshot,
  tryQuickly,
  watch,
  type Cluster,
  type Controller,
  type DrainSnapshot,
  type ServiceAddress,
} from "../../kubernetes";
import { findingsFrom } from "../../text";
import type { Direction } from "../../settings";
import { gateStaysOpen, kind, reportFindings, tell, type StateOf, type Step } from "../../step";
import { modeKey } from "../environment";
import { finishing, resumeHint } from "../recovery";
import { executorMarks, findUndrainedExecutors } from "./executors";
import { comparedPodInputs, hasMoved, type DrainInputs, type DrainResults } from "./inputs";
import { chooseDrain, describeChanged, inOtherMode } from "./live-mode";
import { pauseWeb, resumeWeb } from "./paused";
import { describeOther, findRefusals, findUnknownCutover, observeCluster } from "./refusal";
import { drainObstacles, observeService, pause, restoreReplicas, type Workload } from "./workload";

type DrainRequestInputs = Pick<DrainInputs, "direction" | "service" | "gate"> & ServiceAddress;
export type DrainRequestResults = Required<Pick<DrainInputs, "requests" | "requestedAt">>;

const recordRequest: Step<DrainRequestInputs, DrainRequestResults>["forward"] = (_, state) =>
  Promise.resolve({ requests: (state?.requests ?? -1) + 1, requestedAt: now() });

/**
 * The record before a drain. If the engine is killed during the drain, its state knows nothing of it; an
 * abandoned direction is a second change here, after which the drain restores the replicas. While the gate is closed
 * it keeps its last direction, and so does all that comes after it.
 */
export const drainRequest: Step<DrainRequestInputs, DrainRequestResults> = {
  ...kind<DrainRequestInputs, DrainRequestResults>(
    "DrainRequest",
    ["rollout", "kubernetes"],
    ["requests", "requestedAt"],
    [],
  ),
  id: ({ service }) => `${service}/drain-request`,
  observes: async (inputs, prior) => {
    if (inputs.gate !== "closed") return {};
    // guarantee: a closed gate leaves a worker on MongoDB there
    return { direction: prior?.direction ?? (await findLiveDirection(inputs)) };
  },
  forward: recordRequest,
  back: recordRequest,
};

/** Where the service works; one that a stack takes over in Mongo mode stays there. */
async function findLiveDirection(inputs: DrainRequestInputs): Promise<Direction> {
  const worker = { ...inputs, variable: modeKey(inputs.service) };
  const live = await tryQuickly(inputs, (cluster) => liveModes(cluster, worker));
  return live?.includes("mongo") ? "forward" : "back";
}

const now = () => new Date().toISOString();

/**
 * A service's drain, if its mode differs from that of the last finished drain, or if a service in another mode
 * is at a new address or cluster. An unfinished drain whose direction was abandoned is undone. A service that somebody
 * took to the other mode since is refused.
 */
export const drain: Step<DrainInputs, DrainResults> = {
  ...kind<DrainInputs, DrainResults>(
    "Drain",
    ["rollout", "kubernetes"],
    ["stoppedAt", "drainSnapshot"],
    [],
  ),
  id: ({ namespace, service }) => `${namespace}/${service}/drain`,
  compares: [...comparedPodInputs, "requests"],
  isDue: async (state, inputs) =>
    isElsewhere(inputs, state) || (await findChanged(state, inputs)) !== undefined,
  observes: observeCluster,
  findings: async (inputs, prior, state) => {
    if (state) {
      const text = await findChanged(state, inputs);
      return findingsFrom(text, { severity: "stop", code: "mode-changed" });
    }
    const found = await tryQuickly(inputs, async (cluster) => [
      ...findingsFrom(await findUnknownCutover(cluster, inputs), {
        severity: "stop",
        code: "no-cutover",
        subject: "direction",
      }),
      ...(await findRefusals(cluster, inputs, prior)),
    ]);
    return found ?? [];
  },
  forward: runDrain,
  back: runDrain,
};

type DrainState = StateOf<DrainInputs, DrainResults>;

function isElsewhere(inputs: DrainInputs, state?: DrainState): boolean {
  const isOther = isSameCluster(inputs.clusterIdentity, state?.clusterIdentity) === false;
  return state?.drainSnapshot !== undefined && (isOther || hasMoved(inputs, state));
}

function actionOf(inputs: DrainInputs, state: DrainState | undefined, live: readonly Controller[]) {
  const { requests = state ? inputs.requests : 0, applied = true } = state ?? {};
  const last = isElsewhere(inputs, state) ? undefined : state?.drainSnapshot;
  const isUnfinished = applied === false || requests !== inputs.requests;
  return { last, action: chooseDrain(inputs, live, { last, isUnfinished }) };
}

/** Why the service is not as the last drain and its rollout left it; undefined if it is, or cannot be seen. */
async function findChanged(state: DrainState, inputs: DrainInputs): Promise<string | undefined> {
  if (state.drainSnapshot?.direction !== inputs.direction) return undefined;
  const live = await tryQuickly(inputs, (cluster) => controllersOf(cluster, inputs));
  const isChanged = live && actionOf(inputs, state, live).action === "changed";
  return isChanged ? describeChanged(inputs, live) : undefined;
}

async function runDrain(inputs: DrainInputs, state?: DrainState): Promise<DrainResults> {
  const cluster = await clusterAt(inputs);
  // Asked again, because the check may not have reached the cluster. A failure here keeps the state as it was.
  const unknown = await findUnknownCutover(cluster, inputs);
  if (unknown !== undefined) {
    throw new Error(`${inputs.service} was not rolled back to files. ${unknown}`);
  }
  const live = await controllersOf(cluster, inputs);
  const { action, last } = actionOf(inputs, state, live);
  if (action === "changed") throw new Error(describeChanged(inputs, live));
  const isDrain = action === "drain";
  const stoppedAt = isDrain ? beginningOf(inputs, state) : state?.stoppedAt;
  // A service that is in Mongo mode already is taken over; one on files waits for its first cutover.
  const isTakenOver = last === undefined && !isDrain && inputs.direction === "forward";
  const working = isTakenOver ? live.map((controller) => ({ controller })) : undefined;
  const marks = working && (await executorMarks(cluster, inputs, working));
  const drainSnapshot = marks
    ? { ...takeDrainSnapshot(inputs, [], marks), direction: inputs.direction }
    : last;
  const results = {
    ...(stoppedAt !== undefined && { stoppedAt }),
    ...(drainSnapshot && { drainSnapshot }),
  };
  if (action === "nothing") return results;
  const { service, gate, cutover = 0 } = inputs;
  const advice = [resumeHint, gate === "open" && gateStaysOpen(cutover)].filter(Boolean).join(" ");
  const run = async () => {
    if (!isDrain) {
      await undo(cluster, inputs, live);
      return results;
    }
    const clusterIdentity = await identityOf(cluster);
    const isOf = (one?: DrainInputs) =>
      isSameCluster(clusterIdentity, one?.clusterIdentity, inputs.acceptCluster);
    if (isOf(inputs) === false)
      throw new Error(describeOther({ ...inputs, clusterIdentity }, inputs));
    const found = await drainService(cluster, inputs, isOf(state) === true, drainSnapshot);
    // guarantee: web of a release that has both services waits for the worker
    await pauseWeb(cluster, inputs);
    return {
      ...results,
      drainSnapshot: { ...found, direction: inputs.direction, ...(stoppedAt && { stoppedAt }) },
    };
  };
  return finishing(results, `${service} was not drained`, run, advice);
}

/** A drain that failed goes on; one that was killed left only its request. */
function beginningOf({ requests, requestedAt }: DrainInputs, state?: DrainState) {
  if (state === undefined || (state.requests ?? requests) !== requests) return requestedAt;
  return state.applied === false ? state.stoppedAt : now();
}

/** What does not state the mode waits for its rollout. */
async function undo(cluster: Cluster, inputs: DrainInputs, live: readonly Controller[]) {
  await resumeWeb(cluster, inputs);
  const others = inOtherMode(inputs, live);
  for (const controller of live.filter((one) => !others.includes(one))) {
    await restoreReplicas(cluster, controller, inputs.service);
  }
}

async function drainService(
  cluster: Cluster,
  inputs: DrainInputs,
  isKnown: boolean,
  former?: DrainSnapshot,
): Promise<DrainSnapshot> {
  const { service, timeoutSeconds } = inputs;
  let found: readonly Workload[] = await observeService(cluster, inputs);
  await requireAll(cluster, inputs, found, isKnown);
  if (found.length === 0) {
    tell(`${service}: no workload in ${describeApiPlace(cluster.place)}, nothing to drain`);
    return takeDrainSnapshot(inputs, [], await executorMarks(cluster, inputs, []));
  }
  for (const { controller } of found) {
    await pause(cluster, controller, recordedReplicas(controller, former));
  }
  await watch(cluster, service, timeoutSeconds, async () => {
    found = await observeService(cluster, inputs);
    // guarantee: a drain stops if the worker is scaled up meanwhile
    for (const { controller } of found) assertPaused(controller);
    return found.flatMap(drainObstacles);
  });
  await requireAll(cluster, inputs, found, isKnown);
  tell(`${service}: drained, all pods are gone`);
  const drained = found.map((one) => ({
    ...one,
    replicas: replicasBefore(one.controller) ?? 0,
  }));
  return takeDrainSnapshot(inputs, drained, await executorMarks(cluster, inputs, found));
}

/** @throws Error if a drain of these workloads would miss an executor */
async function requireAll(...drained: Parameters<typeof findUndrainedExecutors>): Promise<void> {
  const [missed] = reportFindings(await findUndrainedExecutors(...drained));
  if (missed) throw new Error(missed.text);
}

function assertPaused(controller: Controller): void {
  const replicas = replicasOf(controller);
  if (replicas === 0) return;
  throw new Error(
    `${describeController(controller)} was scaled to ${replicas} during the drain, by ${describeScalers(controller)}. ` +
      `Keep it from setting spec.replicas until the cutover is done, then run pulumi up again. ${pauseHint}`,
  );
}
