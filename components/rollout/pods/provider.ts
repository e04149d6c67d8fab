import {
  clusterAt,
  findChangesSince,
  redrainHint,
  identityOf,
  inFull,
  isSameCluster,
  tryQuickly,
  WaitTimeout,
  type Cluster,
} from "../../kubernetes";
import { tell, Unfinished, type StateOf, type Step } from "../../step";
import { drainService, undoDrain } from "./draining";
import { findUnknownCutover } from "./foreseen";
import {
  comparedInputs,
  Drain,
  DrainRequest,
  hasMoved,
  PodsReplaced,
  type DrainInputs,
  type DrainRequestInputs,
  type DrainRequestResults,
  type DrainResults,
  type PodsReplacedInputs,
  type PodsReplacedResults,
  type ServiceAddress,
} from "./inputs";
import { pauseWeb } from "./paused";
import { describeMode, modeIn } from "./remaining";
import { untilReplaced } from "./replaced";
import { controllersOf } from "./service";
import { describeOther, findRefusal, observeCluster } from "./refusal";
import { otherMode } from "../environment";
import { recoverySteps, resumeHint, webIsNext } from "../recovery";

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
  compares: [...comparedInputs, "requests"],
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

/** The wait for a service's new pods; it begins with putting replicas back, and with resuming web. */
export const podsReplaced: Step<PodsReplacedInputs, PodsReplacedResults> = {
  ...PodsReplaced,
  id: ({ namespace, service }) => `${namespace}/${service}/pods`,
  compares: [...comparedInputs, "drains", "revision"],
  forward: awaitReplacement,
  back: awaitReplacement,
};

async function awaitReplacement(
  inputs: PodsReplacedInputs,
  state?: StateOf<PodsReplacedInputs, PodsReplacedResults>,
): Promise<PodsReplacedResults> {
  const before = state?.mode ?? "filesystem";
  if (inputs.direction === "forward" && before !== inputs.mode) await requireStill(inputs);
  const failure = `The rollout of ${inputs.service} to ${inputs.mode} mode is incomplete (new pods are missing or old pods remain)`;
  const step = (cluster: Cluster) => untilReplaced(cluster, inputs);
  const { drains = 0, stoppedAt } = inputs;
  const former = state?.drains === drains ? state.stoppedSeconds : undefined;
  const results = former === undefined ? {} : { stoppedSeconds: former };
  await finishing(inputs, results, failure, step, recoverySteps(inputs.service, inputs.mode));
  const arrives = before !== inputs.mode || state?.applied === false;
  if (arrives && inputs.service === "worker") tell(webIsNext(inputs.mode));
  if (former !== undefined || drains === 0 || stoppedAt === undefined) return results;
  return { stoppedSeconds: Math.round((Date.now() - Date.parse(stoppedAt)) / 1_000) };
}

/**
 * Makes sure that nobody scaled the service up between its drain and its rollout, when it still worked
 * on files: what it wrote then is not in MongoDB.
 *
 * @throws Error with who did; the state stays as it was, so that the next `up` looks again
 */
async function requireStill({ service, mode, standstill }: PodsReplacedInputs): Promise<void> {
  const found =
    standstill &&
    (await findChangesSince(standstill, (template) => modeIn(template?.spec, service) === mode));
  if (found === undefined) return;
  throw new Error(
    `${found} What ${service} has written to files since then is not in MongoDB. ${redrainHint(service)}`,
  );
}

/**
 * Does a step. However it fails, it is one that has begun: the next `up` has to come back to it even
 * where the direction was taken back meanwhile, or a service might be left without replicas.
 *
 * @throws Unfinished with what `step` throws
 */
async function finishing<Done>(
  address: ServiceAddress,
  results: object,
  failure: string,
  step: (cluster: Cluster) => Promise<Done>,
  advice = resumeHint,
): Promise<Done> {
  const cluster = await clusterAt(address);
  return step(cluster).catch((error: unknown) => {
    const message = error instanceof Error ? error.message : String(error);
    const found =
      error instanceof WaitTimeout
        ? [`${failure} ${error.when}:`, ...error.obstacles.map(inFull)]
        : [`${failure}.`, message];
    throw new Unfinished([...found, advice], results);
  });
}
