import { lookBriefly, type Cluster, type ClusterAddress } from "../../kubernetes";
import { kind, type Step, type StepInputs } from "../../step";
import { readResource } from "./ready";

/** The annotation of a replica set that names the stack which it belongs to. */
export const stackAnnotation = "taskrunner.stellaops.io/stack";

/** Inputs: the replica set, and the volumes of a member. */
export interface MongoDBStorageInputs extends StepInputs, ClusterAddress {
  readonly name: string;
  /** `ORGANIZATION/PROJECT/STACK`. */
  readonly stack: string;
  readonly size: string;
  readonly logsSize: string;
  /** Absent: the cluster's default. */
  readonly class?: string;
}

export const MongoDBStorage = kind<MongoDBStorageInputs, object>(
  "MongoDBStorage",
  ["cluster", "kubernetes"],
  [],
  [],
);

const volumes = ["size", "logsSize", "class"] as const;

/**
 * The replica set belongs to no other stack: the engine would overwrite its users, its size and its TLS. And the
 * volumes that the replica set was created with. Others are refused before the resource changes, in
 * a preview too: Kubernetes lets nobody change the claim templates of a StatefulSet, and MongoDB's
 * operator neither enlarges a volume nor creates the StatefulSet again, but fails from then on
 * (mongodb/mongodb-kubernetes-operator#197). It exists only in the state. A refresh takes the sizes of
 * claims that were enlarged by hand.
 */
export const mongoDBStorage: Step<MongoDBStorageInputs, object> = {
  ...MongoDBStorage,
  id: ({ namespace, name }) => `${namespace}/${name}/storage`,
  compares: ["namespace", "name", ...volumes],
  refuses: async (inputs, olds) => {
    const { name, namespace, stack } = inputs;
    if (olds?.namespace === namespace && olds.name === name) {
      const changed = volumes.find((key) => olds[key] !== inputs[key]);
      return changed && { property: changed, reason: refusal(changed, olds, inputs) };
    }
    const found = await lookBriefly(inputs, (cluster) => readResource(cluster, name));
    const owner = found?.metadata.annotations?.[stackAnnotation] ?? stack;
    if (owner === stack) return undefined;
    const reason =
      `MongoDBCommunity ${name} in namespace ${namespace} belongs to stack ${owner}. Set another ` +
      `cluster.resource.name or cluster.namespace. If that stack is gone: kubectl --namespace ${namespace} ` +
      `annotate mongodbcommunity ${name} ${stackAnnotation}-`;
    return { property: "name", reason };
  },
  forward: () => Promise.resolve({}),
  reads: async (state) => (await lookBriefly(state, (cluster) => sizesOf(cluster, state))) ?? {},
};

/** The sizes that the first member's claims ask for now, in so far as they are others. */
async function sizesOf(
  { core, ask, place: { namespace } }: Cluster,
  state: MongoDBStorageInputs,
): Promise<Partial<MongoDBStorageInputs>> {
  const sizeOf = async (volume: string) => {
    const name = `${volume}-${state.name}-0`;
    const reading = core.readNamespacedPersistentVolumeClaim({ name, namespace });
    const { spec } = await ask("get", "persistentvolumeclaims", reading);
    return spec?.resources?.requests?.storage;
  };
  const [size, logsSize] = await Promise.all([sizeOf("data-volume"), sizeOf("logs-volume")]);
  return {
    ...(size !== undefined && size !== state.size && { size }),
    ...(logsSize !== undefined && logsSize !== state.logsSize && { logsSize }),
  };
}

function refusal(
  changed: (typeof volumes)[number],
  olds: MongoDBStorageInputs,
  news: MongoDBStorageInputs,
): string {
  const [before, asked] = [olds, news].map((one) => one[changed] ?? "the cluster's default");
  return (
    `cluster.resource.storage.${changed} is ${asked}, and MongoDB ${news.name} was created with ${before}. ` +
    "The claim templates of a StatefulSet cannot change. Restore the setting, or change the volumes by hand: " +
    'see "Larger volumes" in docs/cluster-kubernetes.md.'
  );
}
