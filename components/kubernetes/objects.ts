import type * as Api from "@kubernetes/client-node";
import { fieldManager } from "./request";
import { quote, secondsBetween, type Obstacle } from "./watch";

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

/** A name as the value of a label: 63 characters of letters, digits and `-_.`, none of these at an end. */
export function labelValue(name: string): string {
  const legal = name.replace(/[^\w.-]/g, ".");
  return legal.slice(-63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}

type Problem = Omit<Obstacle, "object">;

/** Whether a pod takes part in the service, and is not being deleted. */
export function isReady({ metadata, status }: Api.V1Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return !metadata?.deletionTimestamp && ready?.status === "True";
}

/** Why a pod blocks a step: it does not go, or it is not ready. */
export function podObstacle(pod: Api.V1Pod, now = new Date()): Obstacle {
  const problem = findTerminating(pod, now) ?? diagnose(pod, now);
  return { object: `pod ${nameOf(pod)}`, ...problem };
}

function findTerminating({ metadata, spec }: Api.V1Pod, now: Date): Problem | undefined {
  const end = metadata?.deletionTimestamp;
  if (!end) return undefined;
  const grace = metadata.deletionGracePeriodSeconds ?? 0;
  // The API server sets the time of deletion to that of the request plus the grace period.
  const since = new Date(end.getTime() - grace * 1_000);
  const finalizers = metadata.finalizers ?? [];
  const held = finalizers.length > 0 ? `, held by ${finalizers.join(", ")}` : "";
  return {
    found: `terminating for ${secondsBetween(since, now)} s`,
    detail: `since ${since.toISOString()}, with a grace period of ${grace} s${held}`,
    advice:
      `Set a timeout above this grace period. If it is over, check that node ${spec?.nodeName ?? "(none)"} answers ` +
      "and that nothing holds the pod. Only if you know that its containers have ended: " +
      `kubectl delete pod ${metadata.name ?? ""} --grace-period=0 --force`,
  };
}

function diagnose(pod: Api.V1Pod, now: Date): Problem {
  const { status } = pod;
  const own = status?.containerStatuses ?? [];
  const scheduled = status?.conditions?.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") {
    return {
      found: "not scheduled on any node",
      detail: quote(scheduled.message),
      advice:
        "Free resources on the nodes, or change what the pod requests in the service's values.",
    };
  }
  const failure = [...(status?.initContainerStatuses ?? []), ...own].map(findFailure).find(Boolean);
  if (failure) return failure;
  if (isReady(pod)) {
    return { found: "running and ready", advice: "Check why its controller does not delete it." };
  }
  const running = own.find(({ ready, state }) => !ready && state?.running);
  const since = running?.state?.running?.startedAt;
  const time = since ? ` for ${secondsBetween(since, now)} s` : "";
  return {
    found: running
      ? `container ${running.name} runs${time} and is not ready`
      : `${status?.phase ?? "Pending"}, not started`,
    advice: `See what it waits for: kubectl describe pod ${nameOf(pod)}, and its log: kubectl logs ${nameOf(pod)}`,
  };
}

function findFailure({
  name,
  image,
  state,
  lastState,
  restartCount,
}: Api.V1ContainerStatus): Problem | undefined {
  const ended = state?.terminated ?? (state?.waiting && lastState?.terminated);
  if (ended && (ended.exitCode !== 0 || restartCount > 0)) {
    const reason = ended.reason === undefined ? "" : ` (${ended.reason})`;
    return {
      found: `container ${name} ended with exit code ${ended.exitCode}${reason}, restarted ${restartCount} times`,
      advice: "Read its log (kubectl logs --previous) and fix what it names.",
    };
  }
  const reason = state?.waiting?.reason ?? "";
  // Every container waits for these two for a moment.
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
