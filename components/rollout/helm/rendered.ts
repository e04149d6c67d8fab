import { isDeepStrictEqual } from "node:util";
import type { KubernetesObject, V1EnvVar, V1PodTemplateSpec } from "@kubernetes/client-node";
import { nameOf } from "../../kubernetes";
import type { EnvironmentEntry } from "../environment";
import { variableKey } from "../values/variables";

/** An object of a chart; those with pods have a template. */
interface Rendered extends KubernetesObject {
  readonly spec?: { readonly template?: V1PodTemplateSpec };
}

/**
 * Finds a variable of the stack that a rendered chart lacks or changes: a template may quote a value twice, or turn a
 * reference into text. Undefined if there is none. Never names a value.
 */
export function findChangedVariable(
  rendered: readonly Rendered[],
  entries: readonly EnvironmentEntry[],
): string | undefined {
  const all = rendered.flatMap((one) => {
    const { initContainers = [], containers = [] } = one.spec?.template?.spec ?? {};
    return [...initContainers, ...containers].flatMap(({ name: container, env = [] }) =>
      env.map((variable) => ({
        variable,
        location: `container ${container} of ${one.kind} ${nameOf(one)}`,
      })),
    );
  });
  for (const { name, value } of entries) {
    const found = all.filter(({ variable }) => variableKey(variable.name) === variableKey(name));
    if (found.length === 0) return `no container of it has ${name} in its env`;
    const other = found.find(({ variable }) => !isUnchanged(variable, value));
    if (!other) continue;
    const how =
      typeof value === "string" ? "with another value" : "without its reference to a Secret";
    return `${other.location} has ${name} ${how}`;
  }
  return undefined;
}

function isUnchanged({ value, valueFrom }: V1EnvVar, wanted: EnvironmentEntry["value"]): boolean {
  if (typeof wanted === "string") return value === wanted && valueFrom === undefined;
  const { name, key } = valueFrom?.secretKeyRef ?? {};
  return isDeepStrictEqual({ secretKeyRef: { name, key } }, wanted);
}
