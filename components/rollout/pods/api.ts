import type { V1Deployment, V1Pod, V1ReplicaSet } from "@kubernetes/client-node";
import {
  clusterAt,
  fieldManager,
  type Cluster,
  type ClusterAddress,
  type Place,
  type Warning,
} from "../../kubernetes";

/** A namespace of a cluster, as far as these steps use it. Each function may throw ClusterError. */
export interface Namespace {
  readonly place: Place;
  deployments(labelSelector?: string): Promise<V1Deployment[]>;
  replicaSets(labelSelector: string): Promise<V1ReplicaSet[]>;
  pods(labelSelector: string): Promise<V1Pod[]>;
  /** The warnings of the last hour or so. */
  readonly warnings: () => Promise<Warning[]>;
  /** Through the scale subresource: an autoscaler pauses at 0. */
  scale(deployment: string, replicas: number): Promise<void>;
  /** A value of null removes the annotation. */
  annotate(deployment: string, name: string, value: string | null): Promise<void>;
}

/**
 * The namespace of an address; nothing is asked of the cluster yet.
 *
 * @param timeoutMs of each request; default: that of a step
 * @throws KubeconfigError where the kubeconfig cannot be read or names no such context
 */
export async function namespaceAt(address: ClusterAddress, timeoutMs?: number): Promise<Namespace> {
  const cluster = await clusterAt(address, timeoutMs);
  const { place, pods, warnings } = cluster;
  return { ...{ place, pods, warnings }, ...readers(cluster), ...writers(cluster) };
}

function readers({ apps, place: { namespace }, answered }: Cluster) {
  return {
    deployments: async (labelSelector = "") => {
      const listing = apps.listNamespacedDeployment({ namespace, labelSelector });
      return (await answered("list", "deployments", listing)).items;
    },
    replicaSets: async (labelSelector: string) => {
      const listing = apps.listNamespacedReplicaSet({ namespace, labelSelector });
      return (await answered("list", "replicasets", listing)).items;
    },
  };
}

function writers({ apps, place: { namespace }, merge, answered }: Cluster) {
  const patch = { namespace, fieldManager };
  return {
    scale: async (name: string, replicas: number) => {
      const body = { spec: { replicas } };
      const patching = apps.patchNamespacedDeploymentScale({ ...patch, name, body }, merge);
      await answered("patch", "deployments/scale", patching);
    },
    annotate: async (deployment: string, name: string, value: string | null) => {
      const body = { metadata: { annotations: { [name]: value } } };
      const patching = apps.patchNamespacedDeployment({ ...patch, name: deployment, body }, merge);
      await answered("patch", "deployments", patching);
    },
  };
}
