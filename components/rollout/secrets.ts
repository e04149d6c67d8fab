import * as pulumi from "@pulumi/pulumi";
import { clusterAt, labelValue, type ClusterAddress } from "../kubernetes";
import { connectionStringSecret, type SecretRef } from "../kubernetes/program";
import type { HelmRolloutSettings, KubernetesSettings } from "../settings";
import { kind, type Step, type StepInputs } from "../step";
import { childName, ownerOf, StepResource } from "../step/program";

/** The label of the stack's own Secrets. */
const label = "taskrunner.stellaops.io/connection-of";

/**
 * The Secret with the services' connection string: the one that the settings name, or one of the stack's. With a
 * new connection string the stack's has a new name, so that the pods roll (decision 12). It outlives the stack,
 * because the services do.
 */
export function connectionSecret(
  { namespace, connectionSecret: { name, key } }: HelmRolloutSettings,
  uri: pulumi.Input<string> | undefined,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<SecretRef> {
  if (name !== undefined) return pulumi.output({ name, key });
  const called = childName(options.parent, "taskrunner-mongo");
  const kept = { ...options, retainOnDelete: true };
  const labels = { [label]: labelValue(ownerOf(options.parent)) };
  return connectionStringSecret(called, { namespace, key }, uri, kept, labels);
}

interface FormerSecretsInputs extends StepInputs, ClusterAddress {
  /** The labels of the stack's Secrets. */
  readonly selector: string;
  /** The name of the Secret that stays. */
  readonly inUse: string;
}

/** Deletes the Secrets with former connection strings, once the pods of both services have the new one. */
export const formerSecrets: Step<FormerSecretsInputs, object> = {
  ...kind<FormerSecretsInputs, object>("FormerSecrets", ["rollout", "kubernetes"], [], []),
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

/** Deletes the stack's Secrets but for the one in use. @param owner whose `ownerOf` they name */
export function deleteFormerSecrets(
  address: KubernetesSettings & Pick<ClusterAddress, "namespace">,
  owner: pulumi.Resource,
  secretRef: pulumi.Output<SecretRef>,
  options: pulumi.CustomResourceOptions,
): void {
  const inUse = secretRef.apply(({ name }) => name);
  const inputs = { ...address, selector: `${label}=${labelValue(ownerOf(owner))}`, inUse };
  new StepResource(formerSecrets, "former-secrets", inputs, options);
}
