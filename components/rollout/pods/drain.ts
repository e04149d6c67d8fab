import {
  clusterAt,
  describeController,
  describeApiPlace,
  describeScalers,
  identityOf,
  isSameCluster,
  pauseHint,
  recordedReplicas,
  replicasOf,
  takeDrainSnapshot,
  tryQuickly,
  watch,
  type Cluster,
  type Controller,
  type DrainSnapshot,
} from "../../kubernetes";
import { kind, tell, type StateOf, type Step } from "../../step";
import { otherMode } from "../environment";
import { finishing } from "../recovery";
import { executorMarks, findMissed } from "./executors";
import { comparedPodInputs, hasMoved, type DrainInputs, type DrainResults } from "./inputs";
import { pauseWeb, resumeWeb } from "./paused";
import { describeOther, findRefusal, findUnknownCutover, observeCluster } from "./refusal";
import {
  controllersOf,
  describeMode,
  drainObstacles,
  observeService,
  pause,
  replicasBefore,
  restoreReplicas,
  type Workload,
} from "./workload";

type DrainRequestInputs = Pick<DrainInputs, "direction" | "service">;
export type DrainRequestResults = Required<Pick<DrainInputs, "requests" | "requestedAt">>;

const recordRequest: Step<DrainRequestInputs, DrainRequestResults>["forward"] = (_, state) =>
  Promise.resolve({ requests: (state?.requests ?? -1) + 1, requestedAt: now() });

/**
 * The record before a drain. If the engine is killed during the drain, its state knows nothing of it; an
 * abandoned direction is a second change here, after which the drain restores the replicas.
 */
export const drainRequest: Step<DrainRequestInputs, DrainRequestResults> = {
  ...kind<DrainRequestInputs, DrainRequestResults>(
    "DrainRequest",
    ["rollout", "kubernetes"],
    ["requests", "requestedAt"],
    [],
  ),
  id: ({ service }) => `${service}/drain-request`,
  forward: recordRequest,
  back: recordRequest,
};

const now = () => new Date().toISOString();

/**
 * A service's drain, if its mode differs from that of the last finished drain, or if a service in another mode
 * is at a new address or cluster. An unfinished drain whose direction was abandoned is undone.
 */
export const drain: Step<DrainInputs, DrainResults> = {
  ...kind<DrainInputs, DrainResults>(
    "Drain",
    ["rollout", "kubernetes"],
    ["drains", "finished", "stoppedAt", "standstill"],
    [],
  ),
  id: ({ namespace, service }) => `${namespace}/${service}/drain`,
  compares: [...comparedPodInputs, "requests"],
  isDue: (state, inputs) => isElsewhere(inputs, state),
  observes: observeCluster,
  refuses: (inputs, prior) =>
    tryQuickly(inputs, async (cluster) => {
      const reason = prior ? undefined : await findUnknownCutover(cluster, inputs);
      if (reason !== undefined) return { property: "mode", reason };
      return findRefusal(cluster, inputs, prior);
    }),
  forward: runDrain,
  back: runDrain,
};

function isElsewhere(inputs: DrainInputs, state?: StateOf<DrainInputs, DrainResults>): boolean {
  const isOther = isSameCluster(inputs.clusterIdentity, state?.clusterIdentity) === false;
  const isMoved = isOther || hasMoved(inputs, state);
  return isMoved && (state?.drains ?? 0) > 0;
}

async function runDrain(
  inputs: DrainInputs,
  state?: StateOf<DrainInputs, DrainResults>,
): Promise<DrainResults> {
  const cluster = await clusterAt(inputs);
  // Asked again, because the check may not have reached the cluster. A failure here keeps no state.
  const reason = state ? undefined : await findUnknownCutover(cluster, inputs);
  if (reason !== undefined) {
    throw new Error(`${inputs.service} was not rolled back to files. ${reason}`);
  }
  const { drains = 0, applied = true, standstill } = state ?? {};
  const isMoved =
    isElsewhere(inputs, state) &&
    (await controllersOf(cluster, inputs)).some(
      (one) => describeMode(one, inputs.service) !== inputs.mode,
    );
  const finished = isMoved ? otherMode(inputs.mode) : (state?.finished ?? "filesystem");
  const isWanted = inputs.mode !== finished;
  const requests = state ? (state.requests ?? inputs.requests) : 0;
  // A killed drain left only its request; a drain at another address has none of its own.
  const isNew = state === undefined || requests !== inputs.requests;
  const began = isNew ? inputs.requestedAt : applied ? now() : state.stoppedAt;
  const stoppedAt = isWanted ? began : state?.stoppedAt;
  const results = {
    drains,
    finished,
    ...(stoppedAt !== undefined && { stoppedAt }),
    ...(standstill && { standstill }),
  };
  if (!isWanted && applied && requests === inputs.requests) return results;
  return finishing(results, `${inputs.service} was not drained`, async () => {
    if (!isWanted) {
      await resumeWeb(cluster, inputs);
      for (const controller of await controllersOf(cluster, inputs)) {
        await restoreReplicas(cluster, controller, inputs.service);
      }
      return results;
    }
    const clusterIdentity = await identityOf(cluster);
    const isOf = (one?: DrainInputs) =>
      isSameCluster(clusterIdentity, one?.clusterIdentity, inputs.acceptCluster);
    if (isOf(inputs) === false)
      throw new Error(describeOther({ ...inputs, clusterIdentity }, inputs));
    const found = await drainService(cluster, inputs, isOf(state) === true, standstill);
    await pauseWeb(cluster, inputs);
    return { ...results, drains: drains + 1, finished: inputs.mode, standstill: found };
  });
}

async function drainService(
  cluster: Cluster,
  inputs: DrainInputs,
  isKnown: boolean,
  former?: DrainSnapshot,
): Promise<DrainSnapshot> {
  const { service, timeoutSeconds } = inputs;
  let found: readonly Workload[] = await observeService(cluster, inputs);
  const missed = await findMissed(cluster, inputs, found, isKnown);
  if (missed !== undefined) throw new Error(missed);
  if (found.length === 0) {
    tell(`${service}: no workload in ${describeApiPlace(cluster.place)}, nothing to drain`);
    return takeDrainSnapshot(inputs, [], await executorMarks(cluster, inputs, []));
  }
  for (const { controller } of found) await pause(cluster, controller);
  await watch(cluster, service, timeoutSeconds, async () => {
    found = await observeService(cluster, inputs);
    for (const { controller } of found) assertPaused(controller);
    return found.flatMap(drainObstacles);
  });
  const since = await findMissed(cluster, inputs, found, isKnown);
  if (since !== undefined) throw new Error(since);
  tell(`${service}: drained, all pods are gone`);
  const drained = found.map((one) => {
    const replicas = replicasBefore(one.controller) ?? recordedReplicas(one.controller, former);
    return { ...one, replicas };
  });
  return takeDrainSnapshot(inputs, drained, await executorMarks(cluster, inputs, found));
}

function assertPaused(controller: Controller): void {
  const replicas = replicasOf(controller);
  if (replicas === 0) return;
  throw new Error(
    `${describeController(controller)} was scaled to ${replicas} during the drain, by ${describeScalers(controller)}. ` +
      `Keep it from setting spec.replicas until the cutover is done, then run pulumi up again. ${pauseHint}`,
  );
}
