import {
  clusterAt,
  describeController,
  describeApiPlace,
  describeScalers,
  identityOf,
  isSameCluster,
  replicasOf,
  takeDrainSnapshot,
  tryQuickly,
  watch,
  type Cluster,
  type Controller,
  type DrainSnapshot,
} from "../../kubernetes";
import { tell, type StateOf, type Step } from "../../step";
import { otherMode } from "../environment";
import { finishing } from "../recovery";
import { findMissed } from "./executors";
import {
  comparedPodInputs,
  Drain,
  DrainRequest,
  hasMoved,
  type DrainInputs,
  type DrainRequestInputs,
  type DrainRequestResults,
  type DrainResults,
} from "./inputs";
import { pauseWeb, resumeWeb } from "./paused";
import { provePush } from "./push";
import { describeOther, findRefusal, findUnknownCutover, observeCluster } from "./refusal";
import { describeMode, drainObstacles } from "./remaining";
import { controllersOf, observeService, pause, restoreReplicas, type Workload } from "./service";

/**
 * What is recorded before a drain begins. Where the engine is killed during the drain, its state knows
 * nothing of it; a direction that is taken back then is a second change here, and makes the drain look
 * at the replicas.
 */
export const drainRequest: Step<DrainRequestInputs, DrainRequestResults> = {
  ...DrainRequest,
  id: ({ service }) => `${service}/drain-request`,
  forward: recordRequest,
  back: recordRequest,
};

function recordRequest(
  _inputs: DrainRequestInputs,
  state?: Partial<DrainRequestResults>,
): Promise<DrainRequestResults> {
  return Promise.resolve({ requests: (state?.requests ?? -1) + 1, requestedAt: now() });
}

const now = () => new Date().toISOString();

/**
 * A service's drain: where its mode becomes another one than that of the last finished drain, or its
 * address or cluster are others and a service in another mode is there. A service
 * that is new to the stack and on files is left as it is, and refused, in a preview already, where the
 * stack is to take it there from MongoDB. A drain that was not finished and whose direction was then
 * taken back is undone.
 */
export const drain: Step<DrainInputs, DrainResults> = {
  ...Drain,
  id: ({ namespace, service }) => `${namespace}/${service}/drain`,
  compares: [...comparedPodInputs, "requests"],
  isDue: (state, inputs) => isElsewhere(inputs, state),
  observes: observeCluster,
  refuses: (inputs, olds) =>
    tryQuickly(inputs, async (cluster) => {
      const reason = olds ? undefined : await findUnknownCutover(cluster, inputs);
      if (reason !== undefined) return { property: "mode", reason };
      return findRefusal(cluster, inputs, olds);
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
  // What was unreachable in the check is asked again: nothing of this step is kept where it fails.
  const reason = state ? undefined : await findUnknownCutover(await clusterAt(inputs), inputs);
  if (reason !== undefined) {
    throw new Error(`${inputs.service} was not rolled back to files. ${reason}`);
  }
  const { drains = 0, applied = true, standstill } = state ?? {};
  const isMoved =
    isElsewhere(inputs, state) &&
    (await controllersOf(await clusterAt(inputs), inputs)).some(
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
    ...{ drains, finished },
    ...(stoppedAt !== undefined && { stoppedAt }),
    ...(standstill && { standstill }),
  };
  if (!isWanted && applied && requests === inputs.requests) return results;
  return finishing(inputs, results, `${inputs.service} was not drained`, async (cluster) => {
    if (!isWanted) {
      await undoDrain(cluster, inputs);
      return results;
    }
    const clusterIdentity = await identityOf(cluster);
    const isOf = (one?: DrainInputs) =>
      isSameCluster(clusterIdentity, one?.clusterIdentity, inputs.acceptCluster);
    if (isOf(inputs) === false)
      throw new Error(describeOther({ ...inputs, clusterIdentity }, inputs));
    const found = await drainService(cluster, inputs, isOf(state) === true);
    await pauseWeb(cluster, inputs);
    return { ...results, drains: drains + 1, finished: inputs.mode, standstill: found };
  });
}

// From its end on the service does nothing (decision 9, step 2): terminating pods are waited for too.
async function drainService(
  cluster: Cluster,
  inputs: DrainInputs,
  isKnown: boolean,
): Promise<DrainSnapshot> {
  const { service, timeoutSeconds } = inputs;
  let found: readonly Workload[] = await observeService(cluster, inputs);
  const missed = await findMissed(cluster, inputs, found, isKnown);
  if (missed !== undefined) throw new Error(missed);
  await provePush(inputs, found);
  if (found.length === 0) {
    tell(`${service}: no workload in ${describeApiPlace(cluster.place)}, nothing to drain`);
    return takeDrainSnapshot(inputs, []);
  }
  for (const { controller } of found) await pause(cluster, controller);
  await watch(cluster, {
    ...{ what: service, timeoutSeconds },
    look: async (moment) => {
      found = await observeService(cluster, inputs);
      for (const { controller } of found) await assertPaused(cluster, controller);
      return found.flatMap((one) => drainObstacles(one, moment));
    },
  });
  const since = await findMissed(cluster, inputs, found, isKnown);
  if (since !== undefined) throw new Error(since);
  tell(`${service}: drained, all pods are gone`);
  return takeDrainSnapshot(inputs, found);
}

async function undoDrain(cluster: Cluster, inputs: DrainInputs): Promise<void> {
  await resumeWeb(cluster, inputs);
  for (const controller of await controllersOf(cluster, inputs)) {
    const replicas = await restoreReplicas(cluster, controller);
    if (replicas === undefined) continue;
    const name = describeController(controller);
    tell(`${inputs.service}: ${name} has its ${replicas} replicas back`);
  }
}

async function assertPaused(cluster: Cluster, controller: Controller): Promise<void> {
  const replicas = replicasOf(controller);
  if (replicas === 0) return;
  const { who, pause } = describeScalers(controller, await cluster.autoscalers());
  throw new Error(
    `${describeController(controller)} was scaled to ${replicas} during the drain, by ${who}. ` +
      `Keep it from setting spec.replicas until the cutover is done, then run pulumi up again. ${pause}`,
  );
}
