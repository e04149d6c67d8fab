import { createHash } from "node:crypto";
import type * as Api from "@kubernetes/client-node";
import { fieldManager } from "./request";
import { quote, type Obstacle } from "./watch";

export const nameOf = ({ metadata }: Api.KubernetesObject) => metadata?.name ?? "";

/** The object that creates and deletes this one. */
export function controllerOf({ metadata }: Api.KubernetesObject) {
  return metadata?.ownerReferences?.find(({ controller }) => controller);
}

/** A workload that creates the pods of a service, and that a drain scales to zero. */
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

/** Who sets `spec.replicas`, as the API server records it, except this program. */
export const managersOfReplicas = (controller: Controller): string[] =>
  allManagersOfReplicas(controller).filter((manager) => manager !== fieldManager);

/** Whether this program was the last to change `spec.replicas`. */
export const areReplicasOurs = (controller: Controller): boolean =>
  allManagersOfReplicas(controller).includes(fieldManager);

function allManagersOfReplicas({ metadata }: Controller): string[] {
  const managers = (metadata?.managedFields ?? []).flatMap(({ manager, fieldsV1 }) => {
    const { "f:spec": spec } = (fieldsV1 ?? {}) as { "f:spec"?: object };
    return spec && "f:replicas" in spec ? (manager ?? []) : [];
  });
  return [...new Set(managers)];
}

/**
 * Who deploys a workload from Git, such as `Flux (HelmRelease apps/worker)`; undefined if no label says so. Flux
 * labels all objects of a HelmRelease.
 */
export function gitOpsOwnerOf(controller: Controller): string | undefined {
  const { metadata } = controller;
  const release = metadata?.labels?.["helm.toolkit.fluxcd.io/name"];
  if (release !== undefined) {
    const namespace =
      metadata?.labels?.["helm.toolkit.fluxcd.io/namespace"] ?? metadata?.namespace ?? "";
    return `Flux (HelmRelease ${namespace}/${release})`;
  }
  const application = argoApplicationOf(controller);
  return application?.isTracked ? `Argo CD (application ${application.name})` : undefined;
}

/**
 * The Argo CD Application that deploys a workload: it tracks by a label or, since version 3, by an annotation
 * (`<application>:<group>/<kind>:<namespace>/<name>`). `app.kubernetes.io/instance` is only a hint: every chart sets it.
 * An Application outside of Argo CD's own namespace is tracked as `NAMESPACE_NAME`.
 */
export function argoApplicationOf({ metadata }: Controller) {
  const tracked =
    metadata?.labels?.["argocd.argoproj.io/instance"] ??
    metadata?.annotations?.["argocd.argoproj.io/tracking-id"]?.split(":")[0];
  const application = tracked ?? metadata?.labels?.["app.kubernetes.io/instance"];
  if (!application) return undefined;
  const [name = "", namespace = "argocd"] = application.split("_").toReversed();
  return { namespace, name, isTracked: application === tracked };
}

/** Who sets a workload's replicas, as the API server records it and as its labels say. */
export function describeScalers(controller: Controller): string {
  const names = [...managersOfReplicas(controller), gitOpsOwnerOf(controller)];
  return names.filter(Boolean).join(" or ") || "somebody";
}

/**
 * How to pause what sets replicas. Not KEDA's `paused-replicas="0"`: with that KEDA scales the workload to zero
 * itself, so that no drain knows how many replicas it had, and it stays at zero after its rollout.
 */
export const pauseHint =
  'To pause it, for KEDA: kubectl annotate scaledobject NAME autoscaling.keda.sh/paused="true"; ' +
  "for Flux: flux suspend helmrelease NAME; for Argo CD: argocd app set NAME --sync-policy none.";

/** The labels of a selector as a request has them. Its expressions only narrow it: callers look at the owners too. */
export function formatSelector(selector: Api.V1LabelSelector | undefined): string {
  return Object.entries(selector?.matchLabels ?? {})
    .map((label) => label.join("="))
    .join(",");
}

/** Whether a pod has ended, so that no container of it runs. */
export function hasEnded({ status }: Api.V1Pod): boolean {
  const isOver = status?.phase === "Succeeded" || status?.phase === "Failed";
  return isOver && !(status.containerStatuses ?? []).some(({ state }) => state?.running);
}

/**
 * A name as the value of a label: at most 63 characters of letters, digits and `-_.`, none of these at an end. A
 * name that has to change gets a hash, so that two names never have one value.
 */
export function labelValue(name: string): string {
  const legal = name.replace(/[^\w.-]/g, ".").slice(-54);
  const value = legal.replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 8);
  return value === name ? name : `${value}-${hash}`;
}

/** Whether a pod takes part in the service, and is not being deleted. */
export function isReady({ metadata, status }: Api.V1Pod): boolean {
  const ready = status?.conditions?.find(({ type }) => type === "Ready");
  return !metadata?.deletionTimestamp && ready?.status === "True";
}

/** The states of all containers of a pod, init containers first. */
export const statusesOf = ({ status }: Api.V1Pod) => [
  ...(status?.initContainerStatuses ?? []),
  ...(status?.containerStatuses ?? []),
];

/** Why a pod blocks a step (terminating or not ready), with Kubernetes' first reason. */
export function podObstacle(pod: Api.V1Pod, now = new Date()): Obstacle {
  const { metadata, spec, status } = pod;
  const object = `pod ${nameOf(pod)}`;
  const end = metadata?.deletionTimestamp;
  if (end) {
    const grace = metadata.deletionGracePeriodSeconds ?? 0;
    // The API server sets the time of deletion to that of the request plus the grace period.
    const since = new Date(end.getTime() - grace * 1_000);
    const seconds = Math.max(0, Math.round((now.getTime() - since.getTime()) / 1_000));
    const finalizers = metadata.finalizers ?? [];
    const held = finalizers.length > 0 ? `, held by ${finalizers.join(", ")}` : "";
    return {
      object,
      found: `terminating for ${seconds} s`,
      detail: `since ${since.toISOString()}, with a grace period of ${grace} s${held}`,
      advice:
        `Set a timeout above this grace period. If it is over, check that node ${spec?.nodeName ?? "(none)"} answers ` +
        "and that nothing holds the pod. Only if you know that its containers have ended: " +
        `kubectl delete ${object} --grace-period=0 --force`,
    };
  }
  if (isReady(pod)) {
    const advice = "Check why its controller does not delete it.";
    return { object, found: "running and ready", advice };
  }
  const containers = statusesOf(pod);
  const waiting =
    status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False") ??
    containers.map(({ state }) => state?.waiting).find((one) => one?.reason !== undefined);
  // The kubelet calls it waiting only once it tries to start it again, 10 to 15 s later.
  const exitCode = containers.map(({ state }) => state?.terminated?.exitCode).find(Boolean);
  const phase = status?.phase ?? "Pending";
  const inPhase = phase === "Running" ? "not ready" : "not started";
  const reason = waiting?.reason ?? (exitCode ? `ended with exit code ${exitCode}` : inPhase);
  return {
    object,
    found: `${phase}, ${reason}`,
    detail: quote(waiting?.message),
    advice: `See what it waits for: kubectl describe ${object}, and its log: kubectl logs ${nameOf(pod)}`,
  };
}
