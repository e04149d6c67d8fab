import type { V1ReplicaSet } from "@kubernetes/client-node";
import type { Cluster } from "./client";
import { findExecutors, listExecutors, type Candidate, type ExecutorMarks } from "./executors";
import {
  areReplicasOurs,
  controllerOf,
  describeController,
  describeScalers,
  formatSelector,
  isStatefulSet,
  nameOf,
  pauseHint,
  replicasOf,
  type Controller,
} from "./objects";
import { lookAtCluster } from "./look";
import { describeApiLocation, type ClusterAddress } from "./request";
import { replicasBefore } from "./service";

/**
 * A drained service, from which a later look finds whether it was scaled meanwhile. A poll would miss a change to 1 and
 * back to 0; a generation counts both.
 */
export interface DrainSnapshot {
  readonly address: ClusterAddress;
  /** Marks of other executors of the service. */
  readonly executors: ExecutorMarks;
  /** By kind and name, such as `Deployment worker`. */
  readonly workloads: Readonly<Record<string, WorkloadSnapshot>>;
}

interface WorkloadSnapshot {
  /** Distinguishes it from one that was created again under the same name. */
  readonly uid: string;
  /** Before the drain. */
  readonly replicas: number;
  /** The labels of its pods and ReplicaSets. */
  readonly selector: string;
  /** Of the objects that create its pods, by kind and name: its ReplicaSets, or the StatefulSet itself. */
  readonly generations: Readonly<Record<string, number>>;
}

/** Whether a pod template is that of this stack's rollout, which comes after the drain. */
type IsOwn = (template: Pick<Candidate, "spec"> | undefined) => boolean;

export function takeDrainSnapshot(
  { kubeconfig, context, namespace }: ClusterAddress,
  drained: readonly {
    readonly controller: Controller;
    readonly replicaSets: readonly V1ReplicaSet[];
  }[],
  executors: ExecutorMarks,
): DrainSnapshot {
  const entries = drained.map(({ controller, replicaSets }): [string, WorkloadSnapshot] => {
    const replicas = replicasBefore(controller) ?? 0;
    const name = describeController(controller);
    const makers = isStatefulSet(controller)
      ? [[name, generationOf(controller)]]
      : replicaSets.map((one) => [describeReplicaSet(one), generationOf(one)]);
    const generations = Object.fromEntries(makers) as Record<string, number>;
    const selector = formatSelector(controller.spec?.selector);
    return [name, { uid: controller.metadata?.uid ?? "", replicas, selector, generations }];
  });
  const address = {
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
    namespace,
  };
  return { address, executors, workloads: Object.fromEntries(entries) };
}

/** Looks for changes to a drained service, for as long as `pulumi up` waits for an answer. */
export const findChangesSince = (snapshot: DrainSnapshot, isOwn?: IsOwn) =>
  lookAtCluster(snapshot.address, (cluster) => findChangesOn(cluster, snapshot, isOwn));

/**
 * Finds changes to a drained service: who scaled it or gave it another template, and how to pause that, or which other
 * executors exist by now. Returns undefined if there are none.
 *
 * @param isOwn during a rollout. A Helm upgrade of the stack may set template and replicas at once: that is one more
 *   generation of a StatefulSet, and leaves a Deployment's former ReplicaSets as they are
 * @throws ClusterError, KubeconfigError
 */
export async function findChangesOn(
  cluster: Cluster,
  { executors, workloads }: Omit<DrainSnapshot, "address">,
  isOwn: IsOwn = () => false,
): Promise<string | undefined> {
  const controllers = await cluster.controllers();
  for (const [name, snapshot] of Object.entries(workloads)) {
    const where = `${name} in ${describeApiLocation(cluster.location)}`;
    const controller = controllers.find((one) => describeController(one) === name);
    if (!controller) return `${where} no longer exists since the drain.`;
    // guarantee: a workload that was created again is not the one that was drained
    if (controller.metadata?.uid !== snapshot.uid)
      return `${where} was deleted and created again since the drain.`;
    const changed = await findChanges(cluster, controller, snapshot, isOwn);
    if (changed.length === 0) continue;
    const who = describeScalers(controller);
    const by = isOwn(controller.spec?.template)
      ? `before its upgrade; ${who} now sets its replicas`
      : `by ${who}`;
    return `${where} was scaled or changed since the drain (${changed.join(", ")}). That was done ${by}. ${pauseHint}`;
  }
  const others = await findExecutors(cluster, "Pod", executors, isOwn);
  // guarantee: executors that appear after the drain are found
  if (others.length === 0) return undefined;
  return (
    `Since the drain other pods in ${describeApiLocation(cluster.location)} may execute runs: ${listExecutors(others)}. If they ` +
    "do not, name them by labels in rollout.ignorePods and run pulumi up again. If they do, find what starts them."
  );
}

async function findChanges(
  cluster: Cluster,
  controller: Controller,
  { selector, generations }: WorkloadSnapshot,
  isOwn: IsOwn,
): Promise<string[]> {
  const name = describeController(controller);
  const isRolledOut = isOwn(controller.spec?.template);
  if (isStatefulSet(controller)) {
    // It creates its pods itself: each change of its replicas or template counts.
    const since = generationOf(controller) - (generations[name] ?? 0);
    return since > (isRolledOut ? 1 : 0) ? [`generation of ${name}`] : [];
  }
  const all = await cluster.list("ReplicaSet", selector);
  // The controllers mark the newest ReplicaSet only a moment after an upgrade, so templates are compared.
  const former = all.filter(
    (one) => controllerOf(one)?.uid === controller.metadata?.uid && !isOwn(one.spec?.template),
  );
  const changed = former
    .filter((one) => generations[describeReplicaSet(one)] !== generationOf(one))
    .map(describeReplicaSet);
  // Set a moment ago, so that no ReplicaSet has it yet.
  const replicas = isRolledOut ? 0 : replicasOf(controller);
  return changed.length === 0 && replicas > 0 ? [`replicas: ${replicas}`] : changed;
}

/**
 * The replicas that a workload had before a drain, if that drain's 0 is still the last change of them. The snapshot
 * counts if the workload has lost its annotation.
 */
export function recordedReplicas(controller: Controller, snapshot?: DrainSnapshot): number {
  if (replicasOf(controller) > 0 || !areReplicasOurs(controller)) return 0;
  return snapshot?.workloads[describeController(controller)]?.replicas ?? 0;
}

/** Advice for a service that was scaled or changed during a cutover. */
export function redrainHint(service: string): string {
  return (
    "Pause that until the cutover is done. Then set storageMode: filesystem and run pulumi up, which " +
    `drains ${service} again and returns it to files. After that, set storageMode: mongo and run pulumi up.`
  );
}

const describeReplicaSet = (replicaSet: V1ReplicaSet) => `ReplicaSet ${nameOf(replicaSet)}`;

const generationOf = ({ metadata }: Controller | V1ReplicaSet) => metadata?.generation ?? 0;
