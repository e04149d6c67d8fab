import {
  describeApiPlace,
  findChangesSince,
  nameOf,
  redrainHint,
  replicasOf,
  watch,
  type Cluster,
  type Moment,
  type Obstacle,
} from "../../kubernetes";
import { tell, type StateOf, type Step } from "../../step";
import { finishing, recoverySteps, webIsNext } from "../recovery";
import {
  comparedPodInputs,
  PodsReplaced,
  type PodsReplacedInputs,
  type PodsReplacedResults,
} from "./inputs";
import { resume } from "./paused";
import { describeMode, findObstacles, modeIn } from "./remaining";
import { describeWanted, observeService, restoreReplicas, type Workload } from "./service";

/**
 * The wait for a service's new pods. Once its pod templates state the mode, its replicas are put back as
 * before the drain, and what the drain has paused is resumed; then the new pods have to be ready, and no old
 * one there, terminating ones included.
 */
export const podsReplaced: Step<PodsReplacedInputs, PodsReplacedResults> = {
  ...PodsReplaced,
  id: ({ namespace, service }) => `${namespace}/${service}/pods`,
  compares: [...comparedPodInputs, "drains", "revision"],
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

// Any error but Unfinished keeps the state as it was, so that the next `up` looks again.
async function requireStill({ service, mode, standstill }: PodsReplacedInputs): Promise<void> {
  const found =
    standstill &&
    (await findChangesSince(standstill, (template) => modeIn(template?.spec, service) === mode));
  if (found === undefined) return;
  throw new Error(
    `${found} What ${service} has written to files since then is not in MongoDB. ${redrainHint(service)}`,
  );
}

async function untilReplaced(cluster: Cluster, inputs: PodsReplacedInputs): Promise<void> {
  const { service, mode, timeoutSeconds } = inputs;
  let done: readonly Workload[] = [];
  await watch(cluster, {
    ...{ what: service, timeoutSeconds },
    look: async (moment) => {
      done = await observeService(cluster, inputs);
      await putAllBack(cluster, inputs, done);
      return obstaclesOf(cluster, inputs, done, moment);
    },
  });
  for (const { controller } of done) {
    const replicas = replicasOf(controller);
    tell(`${service}: ${nameOf(controller)} is in ${mode} mode, ${replicas} ready, no old pod`);
  }
}

async function putAllBack(
  cluster: Cluster,
  { service, mode }: PodsReplacedInputs,
  found: readonly Workload[],
): Promise<void> {
  for (const { controller } of found) {
    // Before its template says the mode, a pod of it would do the other mode's work.
    if (describeMode(controller, service) !== mode) continue;
    await resume(cluster, controller);
    const replicas = await restoreReplicas(cluster, controller);
    if (replicas === undefined) continue;
    tell(`${service}: ${nameOf(controller)} has its ${replicas} replicas back`);
  }
}

function obstaclesOf(
  { place }: Cluster,
  inputs: PodsReplacedInputs,
  found: readonly Workload[],
  moment: Moment,
): readonly Obstacle[] {
  if (found.length > 0) return found.flatMap((one) => findObstacles(one, inputs, moment));
  return [
    {
      object: `a ${describeWanted(inputs)}`,
      found: `not found in ${describeApiPlace(place)}`,
      advice: "Check namespace, release and selector, and that the service is deployed.",
    },
  ];
}
