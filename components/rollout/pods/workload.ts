import type { V1Pod, V1ReplicaSet } from "@kubernetes/client-node";
import {
  controllerOf,
  controllersOf,
  describeController,
  describeApiLocation,
  hasEnded,
  isStatefulSet,
  formatSelector,
  replicasBefore,
  replicasBeforeDrain,
  replicasOf,
  statedMode,
  type Cluster,
  type Controller,
  type ServiceSelector,
} from "../../kubernetes";
import { reportLine } from "../../step";
import { modeAfter, modeKey, type Service } from "../environment";

/** A Deployment or StatefulSet with those of its pods that may run something. */
export interface Workload {
  readonly controller: Controller;
  /** Of a Deployment. */
  readonly replicaSets: readonly V1ReplicaSet[];
  readonly pods: readonly V1Pod[];
}

/** The annotation of a Deployment of web that a drain has paused. */
export const pausedForCutover = "taskrunner.stellaops.io/paused-for-cutover";

export const isPausedForCutover = ({ metadata }: Controller) =>
  metadata?.annotations?.[pausedForCutover] !== undefined;

export const isPaused = (one: Controller) => !isStatefulSet(one) && one.spec?.paused === true;

/**
 * Scales a workload to zero, and in the same change records its replicas on it, even if there are none. Does not touch
 * a drained one.
 *
 * @param recorded the replicas of a drained workload that has lost its annotation
 */
export async function scaleToZero(
  cluster: Cluster,
  controller: Controller,
  recorded: number,
): Promise<void> {
  const replicas = replicasOf(controller);
  if (replicas === 0 && replicasBefore(controller) !== undefined) return;
  const annotations = { [replicasBeforeDrain]: String(replicas || recorded) };
  const spec = replicas > 0 && { spec: { replicas: 0 } };
  await cluster.patch(controller, { metadata: { annotations }, ...spec });
}

/**
 * Restores the replicas that a workload had before its drain, unless the chart or an autoscaler has set some.
 *
 * @param recorded those of the drain's snapshot, in case the workload has lost its annotation
 * @returns whether it changed the workload
 */
export async function restoreReplicas(
  cluster: Cluster,
  controller: Controller,
  service: Service,
  recorded = 0,
): Promise<boolean> {
  const isDrained = replicasOf(controller) === 0;
  const before = replicasBefore(controller) ?? (isDrained && recorded > 0 ? recorded : undefined);
  if (before === undefined) return false;
  const annotations = { [replicasBeforeDrain]: null };
  const spec = isDrained && { spec: { replicas: before } };
  await cluster.patch(controller, { metadata: { annotations }, ...spec });
  if (isDrained)
    reportLine(`${service}: ${describeController(controller)} has its ${before} replicas back`);
  return true;
}

/** The labels that the pods of a service have. */
export function podLabels({ release, selector }: ServiceSelector): string {
  const ofRelease = release && `app.kubernetes.io/instance=${release}`;
  return [ofRelease, selector].filter(Boolean).join(",");
}

/** Such as `Deployment or StatefulSet of release worker with labels app=worker`. */
export function describeWanted({ release, selector }: ServiceSelector): string {
  const names = [release && `of release ${release}`, selector && `with labels ${selector}`];
  return `Deployment or StatefulSet ${names.filter(Boolean).join(" ")}`;
}

/** The error for labels that no workload of a release has. */
export function describeOtherLabels(
  { location }: Cluster,
  { service, release = "", selector = "" }: ServiceSelector & { readonly service: Service },
  all: readonly Controller[],
): string {
  return (
    `No workload of release ${release} in ${describeApiLocation(location)} has the labels ${selector}; ` +
    `it has ${all.map(describeController).join(", ")}. Set rollout.${service}.selector to labels that only ${service} has.`
  );
}

/** The workloads of a service with their ReplicaSets and pods, as the cluster has them now. */
export async function observeService(
  cluster: Cluster,
  address: ServiceSelector,
): Promise<Workload[]> {
  const controllers = await controllersOf(cluster, address);
  return Promise.all(
    controllers.map(async (controller) => {
      const selector = formatSelector(controller.spec?.selector);
      // In this order: the ReplicaSet of a listed pod exists before the pod.
      const pods = await cluster.list("Pod", selector);
      const replicaSets = await cluster.list("ReplicaSet", selector);
      return workload(controller, replicaSets, pods);
    }),
  );
}

/**
 * A workload with its own objects from the lists. A pod of another controller does not belong to it, and a pod without
 * an owner only if a ReplicaSet of the workload created it: no scaling ends another one. A pod whose ReplicaSet is gone
 * belongs to it.
 */
export function workload(
  controller: Controller,
  replicaSets: readonly V1ReplicaSet[],
  pods: readonly V1Pod[],
): Workload {
  const uidOfOwn = controller.metadata?.uid;
  const own = replicaSets.filter((one) => controllerOf(one)?.uid === uidOfOwn);
  const hashOf = ({ metadata }: V1Pod | V1ReplicaSet) => metadata?.labels?.["pod-template-hash"];
  const hashes = own.flatMap((one) => hashOf(one) ?? []);
  const isOthers = (pod: V1Pod) => {
    const { kind, uid } = controllerOf(pod) ?? {};
    if (uid === undefined) return !hashes.includes(hashOf(pod) ?? "");
    if (uid === uidOfOwn) return false;
    if (own.some(({ metadata }) => metadata?.uid === uid)) return false;
    return kind !== "ReplicaSet" || replicaSets.some(({ metadata }) => metadata?.uid === uid);
  };
  const remaining = pods.filter((pod) => !isOthers(pod) && !hasEnded(pod));
  return { controller, replicaSets: own, pods: remaining };
}

/** The mode that a workload's pod template states, in lower case. Default: filesystem. */
export function describeMode({ spec }: Controller, service: Service): string {
  return statedMode(spec?.template.spec, modeKey(service)) ?? modeAfter("back");
}
