import type {
  V1ConfigMap,
  V1Job,
  V1JobCondition,
  V1PersistentVolumeClaim,
  V1Pod,
} from "@kubernetes/client-node";
import {
  type Cluster,
  type ClusterAddress,
  type Controller,
  type Place,
  type Warning,
  clusterAt,
  fieldManager,
} from "../../kubernetes";

/** The name of a Job's own container; a service mesh may add others. */
export const containerName = "taskrunner-storage";

/** A namespace of a cluster, as far as Jobs use it. Each function may throw ClusterError. */
export interface Namespace {
  readonly place: Place;
  job(name: string): Promise<V1Job>;
  jobs(labelSelector: string): Promise<V1Job[]>;
  createJob(job: V1Job): Promise<V1Job>;
  createConfigMap(configMap: V1ConfigMap): Promise<void>;
  /** With its pods, which end first. */
  removeJob(name: string): Promise<void>;
  claim(name: string): Promise<V1PersistentVolumeClaim>;
  pods(labelSelector: string): Promise<V1Pod[]>;
  /** All Deployments and StatefulSets. */
  controllers(): Promise<Controller[]>;
  /** What a pod's container printed; @param tailLines its last lines only. */
  log(pod: string, tailLines?: number): Promise<string>;
  /** The warnings of the last hour or so. */
  readonly warnings: () => Promise<Warning[]>;
}

/**
 * The namespace of an address; nothing is asked of the cluster yet.
 *
 * @throws KubeconfigError where the kubeconfig cannot be read or names no such context
 */
export async function namespaceAt(address: ClusterAddress): Promise<Namespace> {
  const cluster = await clusterAt(address);
  const { place, controllers, pods, warnings } = cluster;
  return { ...{ place, controllers, pods, warnings }, ...readers(cluster), ...writers(cluster) };
}

function readers({ batch, core, place: { namespace }, ask }: Cluster) {
  return {
    job: (name: string) => ask("get", "jobs", batch.readNamespacedJob({ namespace, name })),
    jobs: async (labelSelector: string) => {
      const listing = batch.listNamespacedJob({ namespace, labelSelector });
      return (await ask("list", "jobs", listing)).items;
    },
    claim: (name: string) => {
      const reading = core.readNamespacedPersistentVolumeClaim({ namespace, name });
      return ask("get", "persistentvolumeclaims", reading);
    },
    log: (name: string, tailLines?: number) => {
      const lines = tailLines === undefined ? {} : { tailLines };
      return ask(
        "get",
        "pods/log",
        core.readNamespacedPodLog({ namespace, name, container: containerName, ...lines }),
      );
    },
  };
}

function writers({ batch, core, place: { namespace }, ask }: Cluster) {
  return {
    createJob: (body: V1Job) =>
      ask("create", "jobs", batch.createNamespacedJob({ namespace, body, fieldManager })),
    createConfigMap: async (body: V1ConfigMap) => {
      const creating = core.createNamespacedConfigMap({ namespace, body, fieldManager });
      await ask("create", "configmaps", creating);
    },
    removeJob: async (name: string) => {
      const propagationPolicy = "Foreground";
      const removing = batch.deleteNamespacedJob({ namespace, name, propagationPolicy });
      await ask("delete", "jobs", removing);
    },
  };
}

/** The condition by which a Job is over; undefined while it is not. */
function ending({ status }: V1Job): V1JobCondition | undefined {
  return status?.conditions?.find(
    ({ type, status: holds }) => holds === "True" && (type === "Complete" || type === "Failed"),
  );
}

/** Whether a Job is complete or has failed. */
export function isOver(job: V1Job): boolean {
  return ending(job) !== undefined;
}

/** Why a Job has failed, in Kubernetes' words; undefined where it has not. */
export function failure(job: V1Job): string | undefined {
  const end = ending(job);
  if (end?.type !== "Failed") return undefined;
  return end.message ?? end.reason ?? "Kubernetes gives no reason";
}

/** The index of a pod in an Indexed Job; 0 in another. */
export function indexOf({ metadata }: V1Pod): number {
  return Number(metadata?.annotations?.["batch.kubernetes.io/job-completion-index"] ?? 0);
}

/** The pods of a Job, also those that have ended. */
export function podsOf({ pods }: Pick<Namespace, "pods">, job: string): Promise<V1Pod[]> {
  return pods(`job-name=${job}`);
}
