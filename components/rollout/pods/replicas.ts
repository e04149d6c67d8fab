import { replicasOf, type Controller } from "../../kubernetes";
import type { Namespace } from "./api";
import { replicasBefore, replicasBeforeDrain } from "./service";

/**
 * Scales a workload to zero. How many replicas it had is recorded first, so that the number is
 * known whatever happens; of one that is at 0 the record is left as it is.
 */
export async function pause(namespace: Namespace, controller: Controller): Promise<void> {
  const replicas = replicasOf(controller);
  if (replicas === 0) return;
  await namespace.annotate(controller, replicasBeforeDrain, String(replicas));
  await namespace.scale(controller, 0);
}

/**
 * Puts a workload's replicas back as before its drain. Where it has some again, because the chart
 * or an autoscaler set them, that number stays. The record goes last.
 *
 * @returns the number that was put back; undefined where there was nothing to do
 */
export async function putBack(
  namespace: Namespace,
  controller: Controller,
): Promise<number | undefined> {
  const before = replicasBefore(controller);
  if (before === undefined) return undefined;
  const drained = replicasOf(controller) === 0;
  if (drained) await namespace.scale(controller, before);
  await namespace.annotate(controller, replicasBeforeDrain, null);
  return drained ? before : undefined;
}
