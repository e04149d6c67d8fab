import { replicasOf, type Cluster, type Controller } from "../../kubernetes";
import { replicasBefore, replicasBeforeDrain } from "./service";

/**
 * Scales a workload to zero, and records with it how many replicas it had, so that the number is known
 * whatever happens; of one that is at 0 the record is left as it is.
 */
export async function pause(cluster: Cluster, controller: Controller): Promise<void> {
  const replicas = replicasOf(controller);
  if (replicas === 0) return;
  const annotations = { [replicasBeforeDrain]: String(replicas) };
  await cluster.patch(controller, { metadata: { annotations }, spec: { replicas: 0 } });
}

/**
 * Puts a workload's replicas back as before its drain. Where it has some again, because the chart
 * or an autoscaler set them, that number stays. The record goes.
 *
 * @returns the number that was put back; undefined where there was nothing to do
 */
export async function putBack(
  cluster: Cluster,
  controller: Controller,
): Promise<number | undefined> {
  const before = replicasBefore(controller);
  if (before === undefined) return undefined;
  const isDrained = replicasOf(controller) === 0;
  const annotations = { [replicasBeforeDrain]: null };
  const spec = isDrained && { spec: { replicas: before } };
  await cluster.patch(controller, { metadata: { annotations }, ...spec });
  return isDrained ? before : undefined;
}
