import type { V1Deployment, V1ReplicaSet } from "@kubernetes/client-node";
import {
  controllerOf,
  isReady,
  nameOf,
  podObstacle,
  quoted,
  type Moment,
  type Obstacle,
} from "../../kubernetes";
import type { StorageMode } from "../../settings";
import { environmentKeys, type Service } from "../environment";
import { newestOf, replicasBefore, replicasOf, type Workload } from "./service";

/** What a drain waits for: every pod, and the controllers, which might make another one. */
export function drainObstacles(found: Workload, moment: Moment): Obstacle[] {
  if (found.pods.length > 0) return found.pods.map((pod) => podObstacle(pod, moment));
  const { deployment, replicaSets } = found;
  const settled =
    isSeen(deployment) && replicaSets.every((one) => isSeen(one) && one.spec?.replicas === 0);
  return settled ? [] : [unseen(deployment)];
}

/** What stands between a Deployment and its pods being those of the mode, and no others. */
export function replacedObstacles(
  found: Workload,
  wanted: { readonly service: Service; readonly mode: StorageMode },
  moment: Moment,
): Obstacle[] {
  const { deployment } = found;
  const said = statedMode(deployment, wanted.service);
  if (said !== wanted.mode) return [otherTemplate(deployment, said, wanted)];
  if (replicasBefore(deployment) !== undefined) return [notPutBack(deployment)];
  if (!isSeen(deployment)) return [unseen(deployment)];
  return [...missing(found), ...podsInTheWay(found, moment)];
}

/** The mode that a Deployment's pod template states, in small letters; none is filesystem. */
export function statedMode({ spec }: V1Deployment, service: Service): string {
  const key = environmentKeys(service)[0]?.toLowerCase();
  const variables = (spec?.template.spec?.containers ?? []).flatMap(({ env = [] }) => env);
  const mode = variables.findLast(({ name }) => name.toLowerCase() === key);
  if (mode?.valueFrom) return "what a reference says";
  return mode?.value?.toLowerCase() ?? "filesystem";
}

function isSeen({ metadata, status }: V1Deployment | V1ReplicaSet): boolean {
  return (status?.observedGeneration ?? 0) >= (metadata?.generation ?? 0);
}

const named = (deployment: V1Deployment) => `Deployment ${nameOf(deployment)}`;

function unseen(deployment: V1Deployment): Obstacle {
  return {
    object: named(deployment),
    found: "the controllers have not done what it asks for",
    advice: "See whether kube-controller-manager runs.",
  };
}

function otherTemplate(
  deployment: V1Deployment,
  said: string,
  { service, mode }: { readonly service: Service; readonly mode: StorageMode },
): Obstacle {
  const key = environmentKeys(service)[0] ?? "";
  return {
    object: named(deployment),
    found: `${key} in its pod template is ${said}, not ${mode}`,
    detail: "what deploys these values has not applied them",
    advice:
      `Let it deploy them (for Argo CD or Flux: commit, push, sync). ` +
      `The variable has to be in the container's env, with its value.`,
  };
}

function notPutBack(deployment: V1Deployment): Obstacle {
  return {
    object: named(deployment),
    found: `its replicas are not put back as before the drain (${replicasBefore(deployment) ?? 0})`,
    advice: "Run again: they are put back then.",
  };
}

/** The new pods that are not there. */
function missing(found: Workload): Obstacle[] {
  const { deployment } = found;
  const wanted = replicasOf(deployment);
  // A number of the status is a moment old, and a paused Deployment has pods of its old template.
  const there = Math.min(deployment.status?.updatedReplicas ?? 0, youngPods(found).length);
  if (there >= wanted) return [];
  const object = named(deployment);
  const number = `${there} of ${wanted} new pods are there`;
  if (deployment.spec?.paused) {
    const advice = `Resume it: kubectl rollout resume deployment ${nameOf(deployment)}`;
    return [{ object, found: `${number}, for it is paused`, advice }];
  }
  const failure = failureOf(found);
  if (failure !== undefined) {
    const advice = "Raise the quota, or mend what the message names; the controllers try again.";
    return [{ object, found: `${number}, no more can be made`, detail: quoted(failure), advice }];
  }
  const advice = `See what its controllers say: kubectl describe deployment ${nameOf(deployment)}`;
  return olderPods(found).length > 0 ? [] : [{ object, found: number, advice }];
}

/** Why no pod, or no ReplicaSet, can be made. */
function failureOf(found: Workload): string | undefined {
  const both = [newestOf(found)?.status, found.deployment.status];
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
  const isEarly = young.length - unready.length < replicasOf(found.deployment);
  const old = olderPods(found).map((pod) => {
    const { object, ...matter } = podObstacle(pod, moment);
    // A rolling update keeps a pod until a new one takes its place.
    const advice = isEarly && isReady(pod) ? "It goes once the new pods are ready." : matter.advice;
    return { ...matter, object: `old ${object}`, advice };
  });
  return [...unready.map((pod) => podObstacle(pod, moment)), ...old];
}

/** The newest ReplicaSet's pods that are there to stay. */
function youngPods(found: Workload): Workload["pods"] {
  const older = olderPods(found);
  return found.pods.filter((pod) => !older.includes(pod) && !pod.metadata?.deletionTimestamp);
}

/** The pods of any ReplicaSet but the newest, terminating ones included. */
function olderPods(found: Workload): Workload["pods"] {
  const uid = newestOf(found)?.metadata?.uid;
  return found.pods.filter((pod) => uid === undefined || controllerOf(pod)?.uid !== uid);
}
