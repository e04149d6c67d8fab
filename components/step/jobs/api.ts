import type { V1ConfigMap, V1Job, V1Pod } from "@kubernetes/client-node";
import { type ClusterAddress, clusterAt, fieldManager, nameOf } from "../../kubernetes";

/** The name of a Job's own container; a service mesh may add others. */
export const containerName = "taskrunner-storage";

/** A namespace of a cluster, as far as Jobs use it. Each function may throw ClusterError. */
export type Namespace = Awaited<ReturnType<typeof namespaceAt>>;

/**
 * The namespace of an address; nothing is asked of the cluster yet.
 *
 * @throws KubeconfigError where the kubeconfig cannot be read or names no such context
 */
export async function namespaceAt(address: ClusterAddress) {
  const { batch, core, custom, place, ask, controllers, pods, warnings } = await clusterAt(address);
  const { namespace } = place;
  return {
    ...{ place, controllers, pods, warnings },
    job: (name: string) => ask("get", "jobs", batch.readNamespacedJob({ namespace, name })),
    jobs: async (labelSelector: string) => {
      const listing = batch.listNamespacedJob({ namespace, labelSelector });
      return (await ask("list", "jobs", listing)).items;
    },
    claim: (name: string) => {
      const reading = core.readNamespacedPersistentVolumeClaim({ namespace, name });
      return ask("get", "persistentvolumeclaims", reading);
    },
    /** The last lines that a pod's container printed. */
    log: (name: string, tailLines: number) => {
      const asked = { namespace, name, container: containerName, tailLines };
      return ask("get", "pods/log", core.readNamespacedPodLog(asked));
    },
    createJob: (body: V1Job) => {
      // As it is, and strictly: a misspelt key of the site's template would be dropped without a word.
      const job = { group: "batch", version: "v1", namespace, plural: "jobs", body };
      const options = { fieldManager, fieldValidation: "Strict" };
      const creating = custom.createNamespacedCustomObject({ ...job, ...options });
      return ask("create", "jobs", creating as Promise<V1Job>);
    },
    createConfigMap: async (body: V1ConfigMap) => {
      const creating = core.createNamespacedConfigMap({ namespace, body, fieldManager });
      await ask("create", "configmaps", creating);
    },
    /** With its pods, which end first. */
    removeJob: async (name: string) => {
      const propagationPolicy = "Foreground";
      const removing = batch.deleteNamespacedJob({ namespace, name, propagationPolicy });
      await ask("delete", "jobs", removing);
    },
  };
}

/** How a Job is over: why it has failed, in Kubernetes' words, if it has; undefined while it is not over. */
export function endOf({ status }: V1Job): { readonly why?: string } | undefined {
  const end = status?.conditions?.find(
    ({ type, status: holds }) => holds === "True" && (type === "Complete" || type === "Failed"),
  );
  if (end?.type !== "Failed") return end && {};
  return { why: end.message ?? end.reason ?? "Kubernetes gives no reason" };
}

/** How a pod's own container ended, whatever its sidecars do; undefined while it has not. */
export function ownEnd({ status }: V1Pod) {
  const own = status?.containerStatuses?.find(({ name }) => name === containerName);
  return own?.state?.terminated;
}

/** How a Job of so many pods has ended of which only sidecars run; undefined while it has not. */
export function endBesideSidecars(pods: readonly V1Pod[], count: number) {
  const held = pods.filter(
    (pod) => pod.status?.containerStatuses?.some(({ state }) => state?.running) && ownEnd(pod),
  );
  const failed = held.find((pod) => ownEnd(pod)?.exitCode !== 0);
  if (failed) return { why: `container ${containerName} of pod ${nameOf(failed)} failed` };
  const done = new Set(pods.filter((pod) => ownEnd(pod)?.exitCode === 0).map(indexOf));
  return held.length > 0 && done.size >= count ? { why: undefined } : undefined;
}

/** The index of a pod in an Indexed Job; 0 in another. */
export function indexOf({ metadata }: V1Pod): number {
  return Number(metadata?.annotations?.["batch.kubernetes.io/job-completion-index"] ?? 0);
}

/** The pods of a Job, also those that have ended. */
export function podsOf({ pods }: Pick<Namespace, "pods">, job: string): Promise<V1Pod[]> {
  return pods(`job-name=${job}`);
}
