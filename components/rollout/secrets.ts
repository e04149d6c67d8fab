import * as pulumi from "@pulumi/pulumi";
import { clusterAt, labelValue, type ClusterAddress } from "../kubernetes";
import { connectionStringSecret } from "../kubernetes/program";
import type { HelmRolloutSettings, KubernetesSettings } from "../settings";
import { kind, type Step, type StepInputs } from "../step";
import { childName, ownerOf, StepResource } from "../step/program";
import type { Target } from "./target";

/** The label of the stack's own Secrets. */
const label = "taskrunner.stellaops.io/connection-of";

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

/**
 * The Secret with the services' connection string: the one that the settings name, or one of the stack's. With a
 * new connection string the stack's has a new name, so that the pods roll (decision 12), and the clean-up deletes the
 * former ones. It outlives the stack, because the services do.
 */
export function connectionSecret(
  { namespace, connectionSecret: { name, key } }: HelmRolloutSettings,
  api: KubernetesSettings,
  uri: pulumi.Input<string> | undefined,
  options: pulumi.CustomResourceOptions,
): Pick<Target, "secretRef" | "cleanUp"> {
  if (name !== undefined) return { secretRef: pulumi.output({ name, key }) };
  const owner = labelValue(ownerOf(options.parent));
  const called = childName(options.parent, "mongo-connection");
  const kept = { ...options, retainOnDelete: true };
  const labels = { [label]: owner };
  const secretRef = connectionStringSecret(called, { namespace, key }, uri, kept, labels);
  const inUse = secretRef.apply(({ name }) => name);
  const inputs = { ...api, namespace, selector: `${label}=${owner}`, inUse };
  return {
    secretRef,
    cleanUp: (options) => {
      new StepResource(formerSecrets, "former-secrets", inputs, options);
    },
  };
}
