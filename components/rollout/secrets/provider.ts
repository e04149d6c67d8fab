import type * as pulumi from "@pulumi/pulumi";
import { clusterAt, type ClusterAddress } from "../../kubernetes";

/** Inputs: where the Secrets are, which are the stack's, and which of them is in use. */
export interface FormerSecretsInputs extends ClusterAddress {
  /** A label selector. */
  readonly selector: string;
  /** The name of the one that stays. */
  readonly inUse: string;
  /** Whether pods may still have a former one, because nothing watches them in this update. */
  readonly isEarly?: boolean;
}

/**
 * The dynamic provider of what goes last in a rotation: once the pods of both services have the new
 * connection string, the Secrets with former ones are deleted (decision 12).
 */
const FormerSecrets: Required<pulumi.dynamic.ResourceProvider> = {
  configure: () => Promise.resolve(),
  check: (_olds, news: FormerSecretsInputs) => Promise.resolve({ inputs: news }),
  diff: (_id, state: FormerSecretsInputs, news: FormerSecretsInputs) =>
    Promise.resolve({ changes: !news.isEarly && state.inUse !== news.inUse }),
  create: async (inputs: FormerSecretsInputs) => {
    const id = `${inputs.namespace}/former-secrets`;
    if (inputs.isEarly) return { id, outs: { ...inputs, inUse: "" } };
    await removeFormer(inputs);
    return { id, outs: inputs };
  },
  update: async (_id, _state, news: FormerSecretsInputs) => {
    await removeFormer(news);
    return { outs: news };
  },
  read: (id, props: FormerSecretsInputs) => Promise.resolve({ id, props }),
  delete: () => Promise.resolve(),
};

export const providers = { FormerSecrets };

async function removeFormer({ selector, inUse, ...address }: FormerSecretsInputs): Promise<void> {
  const { namespace } = address;
  const { core, answered } = await clusterAt(address);
  const listing = core.listNamespacedSecret({ namespace, labelSelector: selector });
  for (const { metadata } of (await answered("list", "secrets", listing)).items) {
    const name = metadata?.name;
    if (name === undefined || name === inUse) continue;
    await answered("delete", "secrets", core.deleteNamespacedSecret({ namespace, name }));
  }
}
