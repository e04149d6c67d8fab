import type * as Api from "@kubernetes/client-node";
import { fieldManager } from "./request";
import { quote, secondsBetween, warningOf, type Moment, type Obstacle } from "./watch";

interface KubernetesObject {
  readonly metadata?: Api.V1ObjectMeta;
}

export const nameOf = ({ metadata }: KubernetesObject) => metadata?.name ?? "";

/** The object that creates and deletes this one. */
export function controllerOf({ metadata }: KubernetesObject) {
  return metadata?.ownerReferences?.find(({ controller }) => controller);
}

/** What creates the pods of a service, and is drained. */
export type Controller = Api.V1Deployment | Api.V1StatefulSet;

/** Whether it creates its pods itself; a Deployment has ReplicaSets for that. */
export function isStatefulSet(controller: Controller): controller is Api.V1StatefulSet {
  return controller.kind === "StatefulSet";
}

/** Such as `Deployment worker`. */
export function describeController(controller: Controller): string {
  return `${isStatefulSet(controller) ? "StatefulSet" : "Deployment"} ${nameOf(controller)}`;
}

/** The number of replicas that it asks for. */
export const replicasOf = ({ spec }: Controller) => spec?.replicas ?? 1;

/** Who sets `spec.replicas`, as the API server records it, without this program. */
export function managersOfReplicas({ metadata }: Controller): string[] {
  const managers = (metadata?.managedFields ?? []).filter(({ fieldsV1 }) => {
    const { "f:spec": spec } = (fieldsV1 ?? {}) as { "f:spec"?: object };
    return spec !== undefined && "f:replicas" in spec;
  });
  const names = new Set(managers.flatMap(({ manager }) => manager ?? []));
  names.delete(fieldManager);
  return [...names];
}

/** A label selector as a request has it. */
export function formatSelector(selector: Api.V1LabelSelector | undefined): string {
  const words = { In: "in", NotIn: "notin" } as Record<string, string>;
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${words[operator] ?? operator} (${values.join(",")})`;
  });
  const labels = Object.entries(selector?.matchLabels ?? {}).map((label) => label.join("="));
  return [...labels, ...expressions].join(",");
}

/** Whether a pod has ended, so that nothing of it runs. */
export function hasEnded({ status }: Api.V1Pod): boolean {
  const isOver = status?.phase === "Succeeded" || status?.phase === "Failed";
  return isOver && !(status.containerStatuses ?? []).some(({ state }) => state?.running);
}

/** Whether a pod has ended, or was evicted from a node that no longer reports. */
export function isGone(pod: Api.V1Pod): boolean {
  const { metadata, status } = pod;
  const taken = status?.conditions?.find(({ type }) => type === "DisruptionTarget");
  const end = metadata?.deletionTimestamp;
  if (hasEnded(pod) || taken?.status !== "True" || end === undefined) return hasEnded(pod);
  // A live kubelet ends a pod within its grace period, and reports it within moments.
  return secondsBetween(end, new Date()) >= 15;
}

/** A name as the value of a label: 63 characters of letters, digits and `-_.`, none of these at an end. */
export function labelValue(name: string): string {
  const legal = name.replace(/[^\w.-]/g, ".");
  return legal.slice(-63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}

type Problem = Omit<Obstacle, "object">;

/** Why a pod blocks a step: it does not go, or it is not ready. */
export function podObstacle(pod: Api.V1Pod, moment: Moment): Obstacle {
  return { object: `pod ${nameOf(pod)}`, ...diagnose(pod, moment) };
}

/** Whether a pod takes part in the service, and is not being deleted. */
export function isReady({ metadata, status }: Api.V1Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return !metadata?.deletionTimestamp && ready?.status === "True";
}

function findTerminating({ metadata, spec }: Api.V1Pod, now: Date): Problem | undefined {
  const end = metadata?.deletionTimestamp;
  if (!end) return undefined;
  const grace = metadata.deletionGracePeriodSeconds ?? 0;
  // The API server sets the time of deletion to that of the request plus the grace period.
  const since = new Date(end.getTime() - grace * 1_000);
  const finalizers = metadata.finalizers ?? [];
  const held = finalizers.length > 0 ? `, held by ${finalizers.join(", ")}` : "";
  const advice =
    finalizers.length > 0
      ? "Its finalizers must be removed first: check the controller that set them."
      : now <= end
        ? "It still has time: set a timeout above this grace period."
        : `Its grace period is over: check that node ${spec?.nodeName ?? "(none)"} answers. Only if you know that its ` +
          `containers have ended: kubectl delete pod ${metadata.name ?? ""} --grace-period=0 --force`;
  return {
    found: `terminating for ${secondsBetween(since, now)} s`,
    detail: `since ${since.toISOString()}, with a grace period of ${grace} s${held}`,
    advice,
  };
}

function diagnose(pod: Api.V1Pod, moment: Moment): Problem {
  const terminating = findTerminating(pod, moment.now);
  if (terminating) return terminating;
  if (!controllerOf(pod)) {
    return {
      found: "running, but no ReplicaSet owns it",
      advice: "It has the service's labels: delete the pod, or remove these labels from it.",
    };
  }
  const scheduled = pod.status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") {
    return {
      found: "not scheduled on any node",
      detail: quote(scheduled.message),
      advice:
        "Free resources on the nodes, or change what the pod requests in the service's values.",
    };
  }
  const own = pod.status?.containerStatuses ?? [];
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...own];
  for (const find of [findCrashing, findWaiting]) {
    const problem = statuses.map(find).find((one) => one !== undefined);
    if (problem) return problem;
  }
  if (isReady(pod)) {
    return { found: "running and ready", advice: "Check why its controller does not delete it." };
  }
  return describeUnready(pod, own, moment);
}

function findCrashing({
  name,
  state,
  lastState,
  restartCount,
}: Api.V1ContainerStatus): Problem | undefined {
  const ended = state?.terminated ?? (state?.waiting && lastState?.terminated);
  if (!ended || (ended.exitCode === 0 && restartCount === 0)) return undefined;
  const reason = ended.reason === undefined ? "" : ` (${ended.reason})`;
  return {
    found: `container ${name} ended with exit code ${ended.exitCode}${reason}, restarted ${restartCount} times`,
    advice: "Read its log (kubectl logs --previous) and fix what it names.",
  };
}

function findWaiting({ name, image, state }: Api.V1ContainerStatus): Problem | undefined {
  const reason = state?.waiting?.reason ?? "";
  // Every container waits for these two for a moment; if it lasts, an event has the reason.
  if (["", "ContainerCreating", "PodInitializing"].includes(reason)) return undefined;
  const isOfImage = /Image|Registry|SignatureValidation/.test(reason);
  return {
    found: isOfImage
      ? `the image ${image} of container ${name} cannot be pulled (${reason})`
      : `container ${name} cannot start (${reason})`,
    detail: quote(state?.waiting?.message),
    advice: isOfImage
      ? "Check the image's name, that the registry has it, and imagePullSecrets."
      : "Check the Secrets, ConfigMaps and volumes that the pod names.",
  };
}

function describeUnready(
  pod: Api.V1Pod,
  statuses: Api.V1ContainerStatus[],
  moment: Moment,
): Problem {
  const detail = quote(warningOf(pod.metadata?.uid, moment)?.message);
  const running = statuses.find(({ ready, state }) => !ready && state?.running);
  if (!running) {
    return {
      found: `${pod.status?.phase ?? "Pending"}, not started`,
      detail,
      advice: `See what it waits for: kubectl describe pod ${nameOf(pod)}`,
    };
  }
  const since = running.state?.running?.startedAt;
  const time = since ? ` for ${secondsBetween(since, moment.now)} s` : "";
  return {
    found: `container ${running.name} runs${time} and is not ready`,
    detail,
    advice: `See its log (kubectl logs ${nameOf(pod)}) and its readiness probe.`,
  };
}
