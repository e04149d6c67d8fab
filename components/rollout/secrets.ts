import * as pulumi from "@pulumi/pulumi";
import { clusterAt, labelValue, type ClusterAddress } from "../kubernetes";
import { connectionStringSecret, type SecretRef } from "../kubernetes/program";
import type { HelmRolloutSettings, KubernetesSettings } from "../settings";
import { kind, type Step, type StepInputs } from "../step";
import { StepResource } from "../step/program";

/** The label of the Secrets that a stack makes; its value names project and stack. */
const label = "taskrunner.stellaops.io/connection-of";
const stackLabel = () => labelValue(`${pulumi.getProject()}/${pulumi.getStack()}`);

/**
 * The Secret with the services' connection string, by name and key: one that exists where the
 * settings name it, else one of the stack's.
 *
 * With a new connection string the stack's has a new name, so that the reference in the values
 * changes and the pods roll (decision 12). It outlives the stack, because the services do;
 * `FormerSecrets` deletes those that nothing refers to any more.
 */
export function connectionSecret(
  { namespace, connectionSecret: { name, key } }: HelmRolloutSettings,
  uri: pulumi.Input<string> | undefined,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<SecretRef> {
  if (name !== undefined) return pulumi.output({ name, key });
  const args = { namespace, key, uri, labels: { [label]: stackLabel() } };
  return connectionStringSecret("taskrunner-mongo", args, { ...options, retainOnDelete: true });
}

/** Inputs: where the Secrets are, which are the stack's, and which of them is in use. */
interface FormerSecretsInputs extends StepInputs, ClusterAddress {
  /** A label selector. */
  readonly selector: string;
  /** The name of the one that stays. */
  readonly inUse: string;
}

const FormerSecrets = kind<FormerSecretsInputs, object>(
  "FormerSecrets",
  ["rollout", "kubernetes"],
  [],
  [],
);

/**
 * What goes last in a rotation: once the pods of both services have the new connection string, the
 * Secrets with former ones are deleted (decision 12). It rests while nothing watches web's pods.
 */
export const formerSecrets: Step<FormerSecretsInputs, object> = {
  ...FormerSecrets,
  id: ({ namespace }) => `${namespace}/former-secrets`,
  compares: ["inUse"],
  forward: async ({ selector, inUse, ...address }) => {
    const cluster = await clusterAt(address);
    for (const { metadata } of await cluster.list("Secret", selector)) {
      const name = metadata?.name;
      if (name === undefined || name === inUse) continue;
      await cluster.remove("Secret", name);
    }
    return {};
  },
};

/** Deletes the Secrets that this stack made, but for the one in use. */
export function deleteFormerSecrets(
  address: KubernetesSettings & Pick<ClusterAddress, "namespace">,
  secretRef: pulumi.Output<SecretRef>,
  options: pulumi.CustomResourceOptions,
): void {
  const inUse = secretRef.apply(({ name }) => name);
  const inputs = { ...address, selector: `${label}=${stackLabel()}`, inUse };
  new StepResource(FormerSecrets, "former-secrets", inputs, options);
}
