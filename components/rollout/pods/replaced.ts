import {
  nameOf,
  describePlace,
  replicasOf,
  watch,
  type Cluster,
  type Moment,
  type Obstacle,
} from "../../kubernetes";
import { tell } from "../../step";
import type { PodsReplacedInputs } from "./inputs";
import { findObstacles, describeMode } from "./remaining";
import { resume } from "./paused";
import { putBack } from "./replicas";
import { describeWanted, observe, type Workload } from "./service";

/**
 * Waits until the pod templates of a service state the mode, puts the replicas back as before the
 * drain, resumes what the drain has paused, and waits until the new pods are ready and no old one is
 * there, terminating ones included.
 * Idempotent.
 *
 * @throws WaitTimeout with what blocks it; ClusterError where the API refuses
 */
export async function untilReplaced(cluster: Cluster, inputs: PodsReplacedInputs): Promise<void> {
  const { service, mode, timeoutSeconds } = inputs;
  let done: readonly Workload[] = [];
  await watch(cluster, {
    ...{ what: service, timeoutSeconds },
    look: async (moment) => {
      done = await observe(cluster, inputs);
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
    const replicas = await putBack(cluster, controller);
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
      found: `not found in ${describePlace(place)}`,
      advice: "Check namespace, release and selector, and that the service is deployed.",
    },
  ];
}
