import type { V1PodSpec, V1ReplicaSet } from "@kubernetes/client-node";
import {
  describeController,
  isReady,
  isStatefulSet,
  nameOf,
  podObstacle,
  quote,
  replicasOf,
  templateOf,
  type Controller,
  type Moment,
  type Obstacle,
} from "../../kubernetes";
import type { StorageMode } from "../../settings";
import { modeKey, type Service } from "../environment";
import { isOfNewest, isPausedForCutover, newestOf, replicasBefore, type Workload } from "./service";

/** What a drain waits for: every pod, and the controllers, which might make another one. */
export function drainObstacles(found: Workload, moment: Moment): Obstacle[] {
  if (found.pods.length > 0) return found.pods.map((pod) => podObstacle(pod, moment));
  const { controller, replicaSets } = found;
  const settled =
    isSeen(controller) && replicaSets.every((one) => isSeen(one) && one.spec?.replicas === 0);
  return settled ? [] : [describeUnseen(controller)];
}

/** What stands between a workload and its pods being those of the mode, and no others. */
export function findObstacles(
  found: Workload,
  wanted: { readonly service: Service; readonly mode: StorageMode },
  moment: Moment,
): Obstacle[] {
  const { controller } = found;
  const said = describeMode(controller, wanted.service);
  if (said !== wanted.mode) return [otherTemplate(controller, said, wanted)];
  // Of one that was put back or resumed in this look, the next one tells.
  const isPutBack = replicasBefore(controller) === undefined && !isPausedForCutover(controller);
  if (!isPutBack || !isSeen(controller)) return [describeUnseen(controller)];
  return [...missing(found), ...podsInTheWay(found, moment)];
}

/** The mode that a workload's pod template states, in small letters; none is filesystem. */
export function describeMode(controller: Controller, service: Service): string {
  return modeIn(templateOf(controller)?.spec, service) ?? "filesystem";
}

/** The mode that a pod's variables state, in small letters; undefined if they state none. */
export function modeIn(spec: V1PodSpec | undefined, service: Service): string | undefined {
  const key = modeKey(service).toLowerCase();
  const variables = (spec?.containers ?? []).flatMap(({ env = [] }) => env);
  const mode = variables.findLast(({ name }) => name.toLowerCase() === key);
  if (mode?.valueFrom) return "a reference";
  return mode?.value?.toLowerCase();
}

function isSeen({ metadata, status }: Controller | V1ReplicaSet): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
}

function describeUnseen(controller: Controller): Obstacle {
  return {
    object: describeController(controller),
    found: "Kubernetes has not processed its last change",
    advice: "Check that kube-controller-manager runs.",
  };
}

function otherTemplate(
  controller: Controller,
  said: string,
  { service, mode }: { readonly service: Service; readonly mode: StorageMode },
): Obstacle {
  return {
    object: describeController(controller),
    found: `${modeKey(service)} in its pod template is ${said}, not ${mode}`,
    detail: "so these values are not deployed yet",
    advice:
      "Deploy them (with Argo CD or Flux: commit, push, sync). " +
      "The variable must be in the container's env, with its value.",
  };
}

function missing(found: Workload): Obstacle[] {
  const { controller } = found;
  const wanted = replicasOf(controller);
  // A number of the status is a moment old, and a paused Deployment has pods of its old template.
  const there = Math.min(controller.status?.updatedReplicas ?? 0, youngPods(found).length);
  if (there >= wanted) return [];
  const object = describeController(controller);
  const command = object.toLowerCase().split(" ")[0] ?? "";
  const number = `${there} of ${wanted} new pods exist`;
  if (!isStatefulSet(controller) && controller.spec?.paused) {
    const advice = `Resume it: kubectl rollout resume deployment ${nameOf(controller)}`;
    return [{ object, found: `${number}, because it is paused`, advice }];
  }
  const failure = failureOf(found);
  if (failure !== undefined) {
    const advice = "Raise the quota, or fix what the message names; Kubernetes tries again.";
    return [
      { object, found: `${number}, and no more can be created`, detail: quote(failure), advice },
    ];
  }
  const advice = `See its events: kubectl describe ${command} ${nameOf(controller)}`;
  return olderPods(found).length > 0 ? [] : [{ object, found: number, advice }];
}

function failureOf(found: Workload): string | undefined {
  const both = [newestOf(found)?.status, found.controller.status];
  const conditions = both.flatMap((status) => [...(status?.conditions ?? [])]);
  const failed = conditions.find(
    ({ type, status, reason }) =>
      (type === "ReplicaFailure" && status === "True") || reason === "ReplicaSetCreateError",
  );
  return failed?.message;
}

function podsInTheWay(found: Workload, moment: Moment): Obstacle[] {
  const young = youngPods(found);
  const unready = young.filter((pod) => !isReady(pod));
  const isEarly = young.length - unready.length < replicasOf(found.controller);
  const old = olderPods(found).map((pod) => {
    const { object, ...matter } = podObstacle(pod, moment);
    // A rolling update keeps a pod until a new one takes its place.
    const advice = isEarly && isReady(pod) ? "It ends when the new pods are ready." : matter.advice;
    return { ...matter, object: `old ${object}`, advice };
  });
  return [...unready.map((pod) => podObstacle(pod, moment)), ...old];
}

function youngPods(found: Workload): Workload["pods"] {
  return found.pods.filter((pod) => isOfNewest(found, pod) && !pod.metadata?.deletionTimestamp);
}

function olderPods(found: Workload): Workload["pods"] {
  return found.pods.filter((pod) => !isOfNewest(found, pod));
}
