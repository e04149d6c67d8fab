import {
  nameOf,
  describePlace,
  replicasOf,
  watch,
  type Cluster,
  type Moment,
  type Obstacle,
} from "../../kubernetes";
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
 * @returns what blocks it when the time is over; nothing where it is done
 * @throws ClusterError where the API refuses
 */
export async function untilReplaced(
  cluster: Cluster,
  inputs: PodsReplacedInputs,
): Promise<readonly string[]> {
  const { service, mode, timeoutSeconds } = inputs;
  let done: readonly Workload[] = [];
  const remain = await watch({
    ...{ what: service, timeoutSeconds, say: console.log, warnings: cluster.warnings },
    look: async (moment) => {
      done = await observe(cluster, inputs);
      await putAllBack(cluster, inputs, done);
      return obstaclesOf(cluster, inputs, done, moment);
    },
  });
  if (remain.length > 0) return remain;
  for (const { controller } of done) {
    const replicas = replicasOf(controller);
    console.log(
      `${service}: ${nameOf(controller)} is in ${mode} mode, ${replicas} ready, no old pod`,
    );
  }
  return [];
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
    console.log(`${service}: ${nameOf(controller)} has its ${replicas} replicas back`);
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
