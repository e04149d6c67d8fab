import type { V1Pod } from "@kubernetes/client-node";
import {
  clusterAt,
  ruleFor,
  type ClusterAddress,
  type Place,
  type Warning,
} from "../../../kubernetes";

/** A `MongoDBCommunity` resource, as far as the wait looks at it. */
export interface MongoDBCommunity {
  readonly metadata: { readonly annotations?: Readonly<Record<string, string>> };
  readonly spec: Readonly<Record<string, unknown>>;
  /** The operator's answer; absent until it has seen the resource. */
  readonly status?: { readonly phase?: string; readonly message?: string };
}

/** What the wait may do in MongoDB's namespace: the rules of a Kubernetes Role. */
export const rules = [
  ruleFor("mongodbcommunity", "get"),
  ruleFor("pods", "list"),
  ruleFor("events", "list"),
];

/** MongoDB's namespace. Each function may throw ClusterError. */
export interface Namespace {
  readonly place: Place;
  mongoDBCommunity(name: string): Promise<MongoDBCommunity>;
  pods(labelSelector: string): Promise<V1Pod[]>;
  /** The warnings of the last hour or so. */
  readonly warnings: () => Promise<Warning[]>;
}

/**
 * The namespace of an address; nothing is asked of the cluster yet.
 *
 * @throws KubeconfigError where the kubeconfig cannot be read or names no such context
 */
export async function namespaceAt(address: ClusterAddress): Promise<Namespace> {
  const { place, custom, ask, pods, warnings } = await clusterAt(address);
  const kind = { group: "mongodbcommunity.mongodb.com", version: "v1", plural: "mongodbcommunity" };
  const { namespace } = place;
  return {
    ...{ place, pods, warnings },
    mongoDBCommunity: async (name) => {
      const reading = custom.getNamespacedCustomObject({ ...kind, namespace, name });
      return (await ask("get", "mongodbcommunity", reading)) as MongoDBCommunity;
    },
  };
}
