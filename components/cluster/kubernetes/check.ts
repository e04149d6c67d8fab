import { findingsFrom } from "../../text";
import {
  clusterAt,
  ClusterError,
  tryQuickly,
  type Cluster,
  type ClusterAddress,
} from "../../kubernetes";
import { kind, Unfinished, type Step, type StepInputs } from "../../step";
import { readResource } from "./ready";

/** The annotation that names a replica set's stack. */
export const stackAnnotation = "taskrunner.stellaops.io/stack";

/** The wanted replica set; not secret. */
interface MongoDBCheckInputs extends StepInputs, ClusterAddress {
  readonly name: string;
  /** `ORGANIZATION/PROJECT/STACK`. */
  readonly stack: string;
}

/**
 * Checks that an existing replica set does not belong to another stack, whose users and TLS the engine would
 * overwrite: in a preview if the API answers quickly, and right before the resource changes in any case.
 */
export const mongoDBCheck: Step<MongoDBCheckInputs, object> = {
  ...kind<MongoDBCheckInputs, object>("MongoDBCheck", ["cluster", "kubernetes"], [], []),
  id: ({ namespace, name }) => `${namespace}/${name}/check`,
  compares: ["namespace", "name"],
  findings: async (inputs, prior, state) => {
    const { name, namespace, direction } = inputs;
    const isKnown = prior?.namespace === namespace && prior.name === name;
    if (state || direction === "back" || isKnown) return [];
    const text = await tryQuickly(inputs, (cluster) => findOtherOwner(cluster, inputs));
    return findingsFrom(text, { severity: "stop", code: "other-stack" });
  },
  forward: async (inputs) => {
    const reason = await findOtherOwner(await clusterAt(inputs), inputs);
    if (reason !== undefined) throw new Unfinished([reason]);
    return {};
  },
};

/** Why another stack's replica set must stay. @throws ClusterError if the API refuses or does not answer */
async function findOtherOwner(
  cluster: Cluster,
  { name, namespace, stack }: MongoDBCheckInputs,
): Promise<string | undefined> {
  const found = await readResource(cluster, name).catch((error: unknown) => {
    if (error instanceof ClusterError && error.status === 404) return undefined;
    throw error;
  });
  const owner = found?.metadata.annotations?.[stackAnnotation] ?? stack;
  if (owner === stack) return undefined;
  return (
    `MongoDBCommunity ${name} in namespace ${namespace} belongs to stack ${owner}. Set another ` +
    `cluster.resource.name or cluster.namespace. If that stack is gone: kubectl --namespace ${namespace} ` +
    `annotate mongodbcommunity ${name} ${stackAnnotation}-`
  );
}
