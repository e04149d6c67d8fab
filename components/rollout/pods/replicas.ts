import type { V1Deployment } from "@kubernetes/client-node";
import { nameOf } from "../../kubernetes";
import type { Namespace } from "./api";
import { replicasBefore, replicasBeforeDrain, replicasOf } from "./service";

/**
 * Scales a Deployment to nothing. How many replicas it had is recorded first, so that the number is
 * known whatever happens; of one that is at 0 the record is left as it is.
 */
export async function pause(namespace: Namespace, deployment: V1Deployment): Promise<void> {
  const replicas = replicasOf(deployment);
  if (replicas === 0) return;
  const name = nameOf(deployment);
  await namespace.annotate(name, replicasBeforeDrain, String(replicas));
  await namespace.scale(name, 0);
}

/**
 * Puts a Deployment's replicas back as before its drain. Where it has some again, because the chart
 * or an autoscaler set them, that number stays. The record goes last.
 *
 * @returns the number that was put back; undefined where there was nothing to do
 */
export async function putBack(
  namespace: Namespace,
  deployment: V1Deployment,
): Promise<number | undefined> {
  const before = replicasBefore(deployment);
  if (before === undefined) return undefined;
  const name = nameOf(deployment);
  const drained = replicasOf(deployment) === 0;
  if (drained) await namespace.scale(name, before);
  await namespace.annotate(name, replicasBeforeDrain, null);
  return drained ? before : undefined;
}
