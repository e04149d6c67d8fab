import {
  describeController,
  describePlace,
  replicasOf,
  describeScalers,
  takeDrainSnapshot,
  watch,
  type Cluster,
  type Controller,
  type DrainSnapshot,
} from "../../kubernetes";
import { tell } from "../../step";
import { findMissed } from "./executors";
import type { DrainInputs } from "./inputs";
import { drainObstacles } from "./remaining";
import { resumeWeb } from "./paused";
import { provePush } from "./push";
import { pause, putBack } from "./replicas";
import { controllersOf, observe, type Workload } from "./service";

/**
 * Scales the Deployments and StatefulSets of a service to zero and waits until every pod is gone,
 * terminating ones included: from then on the service does nothing (decision 9, step 2). Idempotent.
 *
 * @param isKnown whether this is the cluster of the stack
 * @returns the service at rest
 * @throws WaitTimeout if pods remain; ClusterError where the API refuses; Error where somebody scales a workload up meanwhile, or
 *   if there may be an executor beside those that are drained (`findMissed`)
 */
export async function drainService(
  cluster: Cluster,
  inputs: DrainInputs,
  isKnown: boolean,
): Promise<DrainSnapshot> {
  const { service, timeoutSeconds } = inputs;
  let found: readonly Workload[] = await observe(cluster, inputs);
  const missed = await findMissed(cluster, inputs, found, isKnown);
  if (missed !== undefined) throw new Error(missed);
  await provePush(inputs, found);
  if (found.length === 0) {
    tell(`${service}: no workload in ${describePlace(cluster.place)}, nothing to drain`);
    return takeDrainSnapshot(inputs, []);
  }
  for (const { controller } of found) await pause(cluster, controller);
  await watch(cluster, {
    ...{ what: service, timeoutSeconds },
    look: async (moment) => {
      found = await observe(cluster, inputs);
      for (const { controller } of found) await assertPaused(cluster, controller);
      return found.flatMap((one) => drainObstacles(one, moment));
    },
  });
  const since = await findMissed(cluster, inputs, found, isKnown);
  if (since !== undefined) throw new Error(since);
  tell(`${service}: drained, all pods are gone`);
  return takeDrainSnapshot(inputs, found);
}

/** Puts the replicas of a service back as before a drain that was not finished, and resumes web. */
export async function undoDrain(cluster: Cluster, inputs: DrainInputs): Promise<void> {
  await resumeWeb(cluster, inputs);
  for (const controller of await controllersOf(cluster, inputs)) {
    const replicas = await putBack(cluster, controller);
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
