import type { V1Pod, V1ReplicaSet } from "@kubernetes/client-node";
import {
  controllerOf,
  controllersOf,
  describeController,
  describeApiPlace,
  hasEnded,
  isReady,
  isStatefulSet,
  formatSelector,
  nameOf,
  podObstacle,
  replicasBefore,
  replicasBeforeDrain,
  replicasOf,
  statedMode,
  type Cluster,
  type Controller,
  type Obstacle,
  type ServiceSelector,
} from "../../kubernetes";
import type { Direction } from "../../settings";
import { tell } from "../../step";
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
 * Scales a workload to zero, and records its replicas on it in the same change, also none. Leaves a drained one alone.
 *
 * @param recorded the replicas of one that a drain scaled to zero, and that lost their number
 */
export async function pause(
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
 * @param recorded those of the drain's snapshot, in case that somebody has removed them from the workload
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
    tell(`${service}: ${describeController(controller)} has its ${before} replicas back`);
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
  { place }: Cluster,
  { service, release = "", selector = "" }: ServiceSelector & { readonly service: Service },
  all: readonly Controller[],
): string {
  return (
    `No workload of release ${release} in ${describeApiPlace(place)} has the labels ${selector}; ` +
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
 * A workload with those of the listed objects that belong to it. A pod of another controller does not; one
 * without an owner, or whose ReplicaSet is gone, does.
 */
export function workload(
  controller: Controller,
  replicaSets: readonly V1ReplicaSet[],
  pods: readonly V1Pod[],
): Workload {
  const uidOfOwn = controller.metadata?.uid;
  const own = replicaSets.filter((one) => controllerOf(one)?.uid === uidOfOwn);
  const isOthers = (pod: V1Pod) => {
    const { kind, uid } = controllerOf(pod) ?? {};
    if (uid === undefined || uid === uidOfOwn) return false;
    if (own.some(({ metadata }) => metadata?.uid === uid)) return false;
    return kind !== "ReplicaSet" || replicaSets.some(({ metadata }) => metadata?.uid === uid);
  };
  const remaining = pods.filter((pod) => !isOthers(pod) && !hasEnded(pod));
  return { controller, replicaSets: own, pods: remaining };
}

/** Whether a pod is of a workload's newest template. */
function isOfNewest(found: Workload, pod: V1Pod): boolean {
  const { controller } = found;
  if (isStatefulSet(controller)) {
    const revision = pod.metadata?.labels?.["controller-revision-hash"];
    return revision !== undefined && revision === controller.status?.updateRevision;
  }
  const uid = newestOf(found)?.metadata?.uid;
  return uid !== undefined && controllerOf(pod)?.uid === uid;
}

function newestOf({ replicaSets }: Workload): V1ReplicaSet | undefined {
  const revision = ({ metadata }: V1ReplicaSet) =>
    Number(metadata?.annotations?.["deployment.kubernetes.io/revision"] ?? 0);
  return replicaSets.toSorted((one, other) => revision(other) - revision(one))[0];
}

/** What a drain waits for: each pod, and the controllers, which might create another one. */
export function drainObstacles(found: Workload): Obstacle[] {
  if (found.pods.length > 0) return found.pods.map((pod) => podObstacle(pod));
  const { controller, replicaSets } = found;
  const isDrained =
    isSeen(controller) && replicaSets.every((one) => isSeen(one) && one.spec?.replicas === 0);
  return isDrained ? [] : [describeUnseen(controller)];
}

/** What a rollout waits for: all new pods in the mode, and no old one. */
export function findObstacles(
  found: Workload,
  { service, direction }: { readonly service: Service; readonly direction: Direction },
): Obstacle[] {
  const { controller } = found;
  const stated = describeMode(controller, service);
  if (stated !== modeAfter(direction)) {
    const found = `${modeKey(service)} in its pod template is ${stated}, not ${modeAfter(direction)}`;
    const advice =
      "Deploy them (with Argo CD or Flux: commit, push, sync). " +
      "The variable must be in the container's env, with its value.";
    const detail = "so these values are not deployed yet";
    return [{ object: describeController(controller), found, detail, advice }];
  }
  if (isPaused(controller)) return [describePaused(controller)];
  if (!isSeen(controller)) return [describeUnseen(controller)];
  return [...missingPods(found), ...blockingPods(found)];
}

/** The mode that a workload's pod template states, in lower case. Default: filesystem. */
export function describeMode({ spec }: Controller, service: Service): string {
  return statedMode(spec?.template.spec, modeKey(service)) ?? modeAfter("back");
}

function isSeen({ metadata, status }: Controller | V1ReplicaSet): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
}

function describePaused(controller: Controller): Obstacle {
  const advice = `Resume it: kubectl rollout resume deployment ${nameOf(controller)}`;
  return { object: describeController(controller), found: "paused (spec.paused)", advice };
}

export function describeUnseen(controller: Controller): Obstacle {
  return {
    object: describeController(controller),
    found: "Kubernetes has not processed its last change",
    advice: "Check that kube-controller-manager runs.",
  };
}

function missingPods(found: Workload): Obstacle[] {
  const { controller } = found;
  const wanted = replicasOf(controller);
  // The status lags behind, and a paused Deployment has pods of its old template.
  const count = Math.min(controller.status?.updatedReplicas ?? 0, newPods(found).length);
  if (count >= wanted) return [];
  const object = describeController(controller);
  const advice = `See its events: kubectl describe ${object.toLowerCase()}`;
  return [{ object, found: `${count} of ${wanted} new pods exist`, advice }];
}

function blockingPods(found: Workload): Obstacle[] {
  const pods = newPods(found);
  const unready = pods.filter((pod) => !isReady(pod));
  const isEarly = pods.length - unready.length < replicasOf(found.controller);
  const former = found.pods.filter((pod) => !isOfNewest(found, pod));
  const old = former.map((pod) => {
    const { object, ...problem } = podObstacle(pod);
    // A rolling update keeps a pod until a new one takes its place.
    const waits = isEarly && isReady(pod) && { advice: "It ends when the new pods are ready." };
    return { ...problem, object: `old ${object}`, ...waits };
  });
  return [...unready.map((pod) => podObstacle(pod)), ...old];
}

function newPods(found: Workload): Workload["pods"] {
  return found.pods.filter((pod) => isOfNewest(found, pod) && !pod.metadata?.deletionTimestamp);
}
