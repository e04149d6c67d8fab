import type { V1Pod, V1ReplicaSet, V2HorizontalPodAutoscaler } from "@kubernetes/client-node";
import {
  clusterAt,
  fieldManager,
  isStatefulSet,
  nameOf,
  type Cluster,
  type ClusterAddress,
  type Controller,
  type Place,
  type Warning,
} from "../../kubernetes";

/** A namespace of a cluster, as far as these steps use it. Each function may throw ClusterError. */
export interface Namespace {
  readonly place: Place;
  /** Deployments and StatefulSets. */
  controllers(labelSelector?: string): Promise<Controller[]>;
  /** Empty if the API refuses. */
  autoscalers(): Promise<V2HorizontalPodAutoscaler[]>;
  replicaSets(labelSelector: string): Promise<V1ReplicaSet[]>;
  pods(labelSelector: string): Promise<V1Pod[]>;
  /** The warnings of the last hour or so. */
  readonly warnings: () => Promise<Warning[]>;
  /** Through the scale subresource: an autoscaler pauses at 0. */
  scale(controller: Controller, replicas: number): Promise<void>;
  /** A value of null removes the annotation. */
  annotate(controller: Controller, name: string, value: string | null): Promise<void>;
}

/**
 * The namespace of an address; nothing is asked of the cluster yet.
 *
 * @param timeoutMs of each request; default: that of a step
 * @throws KubeconfigError where the kubeconfig cannot be read or names no such context
 */
export async function namespaceAt(address: ClusterAddress, timeoutMs?: number): Promise<Namespace> {
  const cluster = await clusterAt(address, timeoutMs);
  const { place, controllers, autoscalers, pods, warnings } = cluster;
  return {
    ...{ place, controllers, autoscalers, pods, warnings },
    ...readers(cluster),
    ...writers(cluster),
  };
}

function readers({ apps, place: { namespace }, ask }: Cluster) {
  return {
    replicaSets: async (labelSelector: string) => {
      const listing = apps.listNamespacedReplicaSet({ namespace, labelSelector });
      return (await ask("list", "replicasets", listing)).items;
    },
  };
}

function writers({ apps, place: { namespace }, merge, ask }: Cluster) {
  const patch = { namespace, fieldManager };
  return {
    scale: async (controller: Controller, replicas: number) => {
      const one = { ...patch, name: nameOf(controller), body: { spec: { replicas } } };
      await (isStatefulSet(controller)
        ? ask("patch", "statefulsets/scale", apps.patchNamespacedStatefulSetScale(one, merge))
        : ask("patch", "deployments/scale", apps.patchNamespacedDeploymentScale(one, merge)));
    },
    annotate: async (controller: Controller, name: string, value: string | null) => {
      const body = { metadata: { annotations: { [name]: value } } };
      const one = { ...patch, name: nameOf(controller), body };
      await (isStatefulSet(controller)
        ? ask("patch", "statefulsets", apps.patchNamespacedStatefulSet(one, merge))
        : ask("patch", "deployments", apps.patchNamespacedDeployment(one, merge)));
    },
  };
}
