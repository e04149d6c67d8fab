import type {
  V1Deployment,
  V1LabelSelector,
  V1PodTemplateSpec,
  V1StatefulSet,
} from "@kubernetes/client-node";
import { nameOf } from "./objects";
import { fieldManager } from "./request";

/** What makes the pods of a service, and is drained. */
export type Controller = V1Deployment | V1StatefulSet;

/** Whether it makes its pods itself; a Deployment has ReplicaSets for that. */
export function isStatefulSet(controller: Controller): controller is V1StatefulSet {
  return controller.kind === "StatefulSet";
}

/** Such as `Deployment worker`. */
export function describeController(controller: Controller): string {
  return `${isStatefulSet(controller) ? "StatefulSet" : "Deployment"} ${nameOf(controller)}`;
}

/** How many replicas it asks for. */
export function replicasOf({ spec }: Controller): number {
  return spec?.replicas ?? 1;
}

/** Its pods' template. */
export function templateOf({ spec }: Controller): V1PodTemplateSpec | undefined {
  return spec?.template;
}

/** Who sets `spec.replicas`, as the API server records it. */
export function managersOfReplicas({ metadata }: Controller): string[] {
  const managers = (metadata?.managedFields ?? []).filter(({ fieldsV1 }) => {
    const { "f:spec": spec } = (fieldsV1 ?? {}) as { "f:spec"?: object };
    return spec !== undefined && "f:replicas" in spec;
  });
  const names = managers.flatMap(({ manager }) => manager ?? []);
  return [...new Set(names)].filter((name) => name !== fieldManager);
}

/** A label selector as a request has it. */
export function formatSelector(selector: V1LabelSelector | undefined): string {
  const words = { In: "in", NotIn: "notin" } as Record<string, string>;
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${words[operator] ?? operator} (${values.join(",")})`;
  });
  const labels = Object.entries(selector?.matchLabels ?? {}).map(
    ([key, value]) => `${key}=${value}`,
  );
  return [...labels, ...expressions].join(",");
}
