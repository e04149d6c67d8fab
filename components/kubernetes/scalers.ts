import { managersOfReplicas, type Controller } from "./objects";

const argo = "argocd.argoproj.io";

/**
 * Who deploys a workload from Git, such as `Flux (HelmRelease apps/worker)`; undefined if no label says so. Flux
 * labels all objects of a HelmRelease; Argo CD tracks by a label or, since version 3, by the annotation
 * `tracking-id` (`<application>:<group>/<kind>:<namespace>/<name>`).
 */
export function gitOpsOwnerOf(controller: Controller): string | undefined {
  const { metadata } = controller;
  const labels = metadata?.labels ?? {};
  const release = labels["helm.toolkit.fluxcd.io/name"];
  if (release !== undefined) {
    const namespace = labels["helm.toolkit.fluxcd.io/namespace"] ?? metadata?.namespace ?? "";
    return `Flux (HelmRelease ${namespace}/${release})`;
  }
  const application = trackedBy(controller);
  return application === "" ? undefined : `Argo CD (application ${application})`;
}

function trackedBy({ metadata }: Controller): string {
  const [tracked = ""] = (metadata?.annotations?.[`${argo}/tracking-id`] ?? "").split(":");
  return metadata?.labels?.[`${argo}/instance`] ?? tracked;
}

/**
 * The Argo CD Application that deploys a workload, or may do so: before version 3 Argo CD tracks by a label that
 * every chart sets. One outside of Argo CD's own namespace is tracked as `NAMESPACE_NAME`.
 */
export function argoApplicationOf(controller: Controller) {
  const tracked = trackedBy(controller);
  const application =
    tracked || (controller.metadata?.labels?.["app.kubernetes.io/instance"] ?? "");
  if (application === "") return undefined;
  const [name = "", namespace = "argocd"] = application.split("_").toReversed();
  return { namespace, name, isTracked: tracked !== "" };
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
