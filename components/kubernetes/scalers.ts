import type { V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import {
  controllerOf,
  describeController,
  managersOfReplicas,
  nameOf,
  type Controller,
} from "./objects";

/** A program that sets a workload's replicas, such as `Flux (HelmRelease apps/worker)`, and what pauses it. */
interface Scaler {
  readonly name: string;
  readonly pause: string;
}

const flux = "helm.toolkit.fluxcd.io";
const argo = "argocd.argoproj.io";
// Not `paused-replicas="0"`: with that KEDA scales the workload to zero itself, so that no drain knows
// how many replicas it had, and it stays at zero after its rollout.
const kedaPaused = 'autoscaling.keda.sh/paused="true"';

/**
 * Who deploys a workload from Git; undefined if no label says so. Flux labels all objects of a
 * HelmRelease; Argo CD tracks by a label or, since version 3, by the annotation `tracking-id`
 * (`<application>:<group>/<kind>:<namespace>/<name>`).
 */
export function gitOpsOwnerOf(controller: Controller): Scaler | undefined {
  const { metadata } = controller;
  const labels = metadata?.labels ?? {};
  const namespace = metadata?.namespace ?? "";
  const release = labels[`${flux}/name`];
  if (release !== undefined) {
    const of = labels[`${flux}/namespace`] ?? namespace;
    return {
      name: `Flux (HelmRelease ${of}/${release})`,
      pause: `flux suspend helmrelease ${release} --namespace ${of}`,
    };
  }
  const application = trackedBy(controller);
  if (application === "") return undefined;
  return {
    name: `Argo CD (application ${application})`,
    pause: `argocd app set ${application} --sync-policy none`,
  };
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

/**
 * Who sets a workload's replicas, and how to pause that. The API server records no name for some programs that
 * use the scale subresource, so those that could have done it are named too.
 */
export function describeScalers(
  controller: Controller,
  autoscalers: readonly V2HorizontalPodAutoscaler[],
): { readonly who: string; readonly pause: string } {
  const own = autoscalers.filter(({ spec: { scaleTargetRef: of } }) => {
    return `${of.kind} ${of.name}` === describeController(controller);
  });
  const known = own.map((one): Scaler => {
    const of = `--namespace ${one.metadata?.namespace ?? ""}`;
    const { kind, name = "" } = controllerOf(one) ?? {};
    // KEDA creates an autoscaler for each ScaledObject, and owns it.
    if (kind === "ScaledObject") {
      const pause = `kubectl annotate scaledobject ${name} ${kedaPaused} ${of}`;
      return { name: `KEDA (ScaledObject ${name})`, pause };
    }
    const pause = `kubectl delete hpa ${nameOf(one)} ${of}, and apply it again after the cutover`;
    return { name: `HorizontalPodAutoscaler ${nameOf(one)}`, pause };
  });
  const owner = gitOpsOwnerOf(controller);
  if (owner) known.push(owner);
  const names = [...managersOfReplicas(controller), ...known.map(({ name }) => name)];
  const pauses = known.map(({ pause }) => pause);
  const pauseOfAny =
    `To pause it, for KEDA: kubectl annotate scaledobject NAME ${kedaPaused}; ` +
    "for Flux: flux suspend helmrelease NAME; for Argo CD: argocd app set NAME --sync-policy none.";
  return {
    who: names.join(" or ") || "somebody",
    pause: pauses.length > 0 ? `To pause it: ${pauses.join("; ")}.` : pauseOfAny,
  };
}
