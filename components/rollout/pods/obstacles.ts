import type { V1Pod, V1ReplicaSet } from "@kubernetes/client-node";
import {
  containersOf,
  controllerOf,
  describeController,
  isReady,
  isStatefulSet,
  nameOf,
  podObstacle,
  replicasOf,
  statedMode,
  statesModeByArgument,
  type Controller,
  type Obstacle,
} from "../../kubernetes";
import type { Direction } from "../../settings";
import { modeAfter, modeKey, type Service } from "../environment";
import { describeMode, isPaused, type Workload } from "./workload";

/** The obstacles of a drain: each pod, and the controllers, which might create another one. */
export function drainObstacles(found: Workload): Obstacle[] {
  if (found.pods.length > 0) return found.pods.map((pod) => podObstacle(pod));
  const { controller, replicaSets } = found;
  const isDrained =
    isSeen(controller) && replicaSets.every((one) => isSeen(one) && one.spec?.replicas === 0);
  return isDrained ? [] : [describeUnseen(controller)];
}

/** The obstacles of a rollout: missing new pods in the mode, and old pods. */
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
  const others = findOtherModes(found, service, direction);
  return [...missingPods(found), ...others, ...blockingPods(found)];
}

/** New pods that work in another mode than their template states: by admission, or by an argument. */
function findOtherModes(found: Workload, service: Service, direction: Direction): Obstacle[] {
  const wanted = modeAfter(direction);
  const advice = "Check what changes this service's pods as they are created, and their arguments.";
  return newPods(found).flatMap((pod) => {
    const stated = statedMode(pod.spec, modeKey(service)) ?? wanted;
    const byArgument = containersOf(pod.spec).find(statesModeByArgument);
    if (stated === wanted && !byArgument) return [];
    const found = byArgument
      ? `an argument of container ${byArgument.name} states the mode`
      : `${modeKey(service)} is ${stated}, not ${wanted} as in its template`;
    return [{ object: `pod ${nameOf(pod)}`, found, advice }];
  });
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
