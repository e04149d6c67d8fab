import { clusterAt, type ClusterAddress } from "../../kubernetes";
import { kind, type Step, type StepInputs } from "../../step";

/** Inputs: where the Secrets are, which are the stack's, and which of them is in use. */
export interface FormerSecretsInputs extends StepInputs, ClusterAddress {
  /** A label selector. */
  readonly selector: string;
  /** The name of the one that stays. */
  readonly inUse: string;
}

export const FormerSecrets = kind<FormerSecretsInputs, object>(
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
