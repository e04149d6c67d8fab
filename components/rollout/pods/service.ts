import type { V1Pod, V1ReplicaSet } from "@kubernetes/client-node";
import {
  controllerOf,
  describeController,
  describeApiPlace,
  hasEnded,
  isStatefulSet,
  formatSelector,
  replicasOf,
  type Cluster,
  type Controller,
} from "../../kubernetes";
import type { Service } from "../environment";
import type { ServiceAddress } from "./inputs";

/** A Deployment or StatefulSet with those of its pods that may run something. */
export interface Workload {
  readonly controller: Controller;
  /** Of a Deployment. */
  readonly replicaSets: readonly V1ReplicaSet[];
  readonly pods: readonly V1Pod[];
}

/** The annotation of a drained workload: how many replicas it had before. */
const replicasBeforeDrain = "taskrunner.stellaops.io/replicas-before-drain";

/** The annotation of a Deployment of web that a drain has paused. */
export const pausedForCutover = "taskrunner.stellaops.io/paused-for-cutover";

/** Whether a drain has paused it. */
export function isPausedForCutover({ metadata }: Controller): boolean {
  return metadata?.annotations?.[pausedForCutover] !== undefined;
}

/** A workload's replicas before its drain; undefined where it is not drained. */
export function replicasBefore({ metadata }: Controller): number | undefined {
  const text = metadata?.annotations?.[replicasBeforeDrain];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

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
export async function restoreReplicas(
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

/**
 * The Deployments and StatefulSets of a service: those of its Helm release, or those that its selector
 * names.
 *
 * @throws Error if neither is given: all workloads of a namespace are not one service
 */
export async function controllersOf(
  cluster: Cluster,
  { release, selector }: ServiceAddress,
): Promise<Controller[]> {
  if (!release && !selector) throw new Error("Neither a release nor a selector is given.");
  const labels = [release && "app.kubernetes.io/managed-by=Helm", selector].filter(Boolean);
  const found = await cluster.controllers(labels.join(","));
  return found.filter(
    ({ metadata }) => !release || metadata?.annotations?.["meta.helm.sh/release-name"] === release,
  );
}

/** Such as `Deployment or StatefulSet of release worker with labels app=worker`. */
export function describeWanted({ release, selector }: ServiceAddress): string {
  const names = [release && `of release ${release}`, selector && `with labels ${selector}`];
  return `Deployment or StatefulSet ${names.filter(Boolean).join(" ")}`;
}

/** What is said where labels are those of no workload of a release. */
export function describeOtherLabels(
  { place }: Cluster,
  { service, release = "", selector = "" }: ServiceAddress & { readonly service: Service },
  all: readonly Controller[],
): string {
  return (
    `No workload of release ${release} in ${describeApiPlace(place)} has the labels ${selector}; ` +
    `it has ${all.map(describeController).join(", ")}. Set rollout.${service}.selector to labels that only ${service} has.`
  );
}

/** The workloads of a service with what belongs to them, as the cluster has it now. */
export async function observeService(
  cluster: Cluster,
  address: ServiceAddress,
): Promise<Workload[]> {
  const controllers = await controllersOf(cluster, address);
  return Promise.all(
    controllers.map(async (controller) => {
      const selector = formatSelector(controller.spec?.selector);
      // In this order: the ReplicaSet of a pod that is listed is there before the pod.
      const pods = await cluster.list("Pod", selector);
      const replicaSets = await cluster.list("ReplicaSet", selector);
      return workload(controller, replicaSets, pods);
    }),
  );
}

/**
 * What belongs to a workload, of all that its selector names. A pod that another controller has
 * is not the workload's; one that nobody has, or whose ReplicaSet is gone, was. A pod that has
 * ended, such as an evicted one, runs nothing.
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
export function isOfNewest(found: Workload, pod: V1Pod): boolean {
  const { controller } = found;
  if (isStatefulSet(controller)) {
    const revision = pod.metadata?.labels?.["controller-revision-hash"];
    return revision !== undefined && revision === controller.status?.updateRevision;
  }
  const uid = newestOf(found)?.metadata?.uid;
  return uid !== undefined && controllerOf(pod)?.uid === uid;
}

/** The ReplicaSet of a Deployment's newest template; undefined where there is none yet. */
export function newestOf({ replicaSets }: Workload): V1ReplicaSet | undefined {
  const revision = ({ metadata }: V1ReplicaSet) =>
    Number(metadata?.annotations?.["deployment.kubernetes.io/revision"] ?? 0);
  return replicaSets.toSorted((one, other) => revision(other) - revision(one))[0];
}
