import { ClusterError, tryQuickly, type Cluster, type ClusterAddress } from "../../kubernetes";
import { kind, type Step, type StepInputs } from "../../step";
import { readResource } from "./ready";

/** The annotation that names a replica set's stack. */
export const stackAnnotation = "taskrunner.stellaops.io/stack";

/** The wanted replica set; not secret. */
interface MongoDBCheckInputs extends StepInputs, ClusterAddress {
  readonly name: string;
  /** `ORGANIZATION/PROJECT/STACK`. */
  readonly stack: string;
  /** The spec of the `MongoDBCommunity`. */
  readonly spec: object;
}

/**
 * Checks the replica set before the resource changes, in a preview too. An existing one must not belong to
 * another stack, whose users and TLS the engine would overwrite, and the API must accept the spec in a dry run.
 * If the operator's definition is missing or the dry run is forbidden, the resource itself reports errors.
 */
export const mongoDBCheck: Step<MongoDBCheckInputs, object> = {
  ...kind<MongoDBCheckInputs, object>("MongoDBCheck", ["cluster", "kubernetes"], [], []),
  id: ({ namespace, name }) => `${namespace}/${name}/check`,
  compares: ["namespace", "name"],
  refuses: async (inputs, prior) => {
    const { name, namespace, stack, spec, direction } = inputs;
    if (direction === "back") return undefined;
    if (prior?.namespace !== namespace || prior.name !== name) {
      const found = await tryQuickly(inputs, (cluster) => readResource(cluster, name));
      const owner = found?.metadata.annotations?.[stackAnnotation] ?? stack;
      const reason =
        `MongoDBCommunity ${name} in namespace ${namespace} belongs to stack ${owner}. Set another ` +
        `cluster.resource.name or cluster.namespace. If that stack is gone: kubectl --namespace ${namespace} ` +
        `annotate mongodbcommunity ${name} ${stackAnnotation}-`;
      if (owner !== stack) return { property: "name", reason };
    }
    const refusal = await tryQuickly(inputs, (cluster) => tryToCreate(cluster, name, spec));
    return refusal === undefined
      ? undefined
      : { property: "spec", reason: `Fix cluster.overrides or cluster.resource. ${refusal}` };
  },
  forward: () => Promise.resolve({}),
};

async function tryToCreate(
  { create, place: { namespace } }: Cluster,
  name: string,
  spec: object,
): Promise<string | undefined> {
  const header = { apiVersion: "mongodbcommunity.mongodb.com/v1", kind: "MongoDBCommunity" };
  try {
    await create("MongoDBCommunity", { ...header, metadata: { name, namespace }, spec }, "All");
    return undefined;
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    if (error.status === 400 || error.status === 422) return error.message;
    // The API validates before it reports the conflict.
    if (error.status === 409) return undefined;
    throw error;
  }
}
