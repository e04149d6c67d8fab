import type { CoreV1Api, V1EnvVar, V1Pod } from "@kubernetes/client-node";

/** A container's environment, by name. */
export type ContainerEnvironment = Readonly<Record<string, string>>;

/**
 * The environment of a pod's first container, from its own values, Secrets and ConfigMaps, and what a container has
 * anyway.
 *
 * @throws Error where a Secret, a ConfigMap or a key of it is not there, or a source is not known
 */
export async function environmentOf(core: CoreV1Api, pod: V1Pod): Promise<ContainerEnvironment> {
  const { PATH = "", HOME = "" } = process.env;
  const environment: Record<string, string> = { PATH, HOME, HOSTNAME: pod.metadata?.name ?? "" };
  for (const variable of pod.spec?.containers[0]?.env ?? []) {
    const value = await valueOf(core, pod, variable);
    if (value !== undefined) environment[variable.name] = value;
  }
  return environment;
}

async function valueOf(
  core: CoreV1Api,
  pod: V1Pod,
  { value, valueFrom }: V1EnvVar,
): Promise<string | undefined> {
  if (!valueFrom) return value ?? "";
  const namespace = pod.metadata?.namespace ?? "";
  const { secretKeyRef, configMapKeyRef } = valueFrom;
  if (secretKeyRef) {
    const { name = "", key } = secretKeyRef;
    const { data = {} } = await core.readNamespacedSecret({ name, namespace });
    const encoded = required(data[key], secretKeyRef);
    return encoded && Buffer.from(encoded, "base64").toString();
  }
  if (configMapKeyRef) {
    const { name = "", key } = configMapKeyRef;
    const { data = {} } = await core.readNamespacedConfigMap({ name, namespace });
    return required(data[key], configMapKeyRef);
  }
  throw new Error(`an environment variable has a source that is not known here`);
}

function required(
  value: string | undefined,
  of: { readonly name?: string; readonly key: string; readonly optional?: boolean },
): string | undefined {
  if (value !== undefined || of.optional) return value;
  throw new Error(`couldn't find key ${of.key} in ${of.name ?? ""}`);
}
