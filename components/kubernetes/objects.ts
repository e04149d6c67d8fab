import type { V1ObjectMeta, V1Pod } from "@kubernetes/client-node";

interface KubernetesObject {
  readonly metadata?: V1ObjectMeta;
}

/** An object's name. */
export function nameOf({ metadata }: KubernetesObject): string {
  return metadata?.name ?? "";
}

/** The object that makes and removes this one. */
export function controllerOf({ metadata }: KubernetesObject) {
  return metadata?.ownerReferences?.find(({ controller }) => controller);
}

/** Whether a pod has ended, so that nothing of it runs. */
export function hasEnded({ status }: V1Pod): boolean {
  const isOver = status?.phase === "Succeeded" || status?.phase === "Failed";
  return isOver && !(status.containerStatuses ?? []).some(({ state }) => state?.running);
}

/** A name as the value of a label: 63 characters of letters, digits and `-_.`, none of these at an end. */
export function labelValue(name: string): string {
  const legal = name.replace(/[^\w.-]/g, ".");
  return legal.slice(-63).replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, "");
}
