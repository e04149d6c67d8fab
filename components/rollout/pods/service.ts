import type { V1Deployment, V1Pod, V1ReplicaSet } from "@kubernetes/client-node";
import { controllerOf, hasEnded, selectorInWords } from "../../kubernetes";
import type { Namespace } from "./api";
import type { ServiceAddress } from "./inputs";

/** A Deployment with its ReplicaSets and with those of its pods that may run something. */
export interface Workload {
  readonly deployment: V1Deployment;
  readonly replicaSets: readonly V1ReplicaSet[];
  readonly pods: readonly V1Pod[];
}

/** The annotation of a drained Deployment: how many replicas it had before. */
export const replicasBeforeDrain = "taskrunner.stellaops.io/replicas-before-drain";

/** A Deployment's replicas before its drain; undefined where it is not drained. */
export function replicasBefore({ metadata }: V1Deployment): number | undefined {
  const text = metadata?.annotations?.[replicasBeforeDrain];
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}

/** How many replicas a Deployment asks for. */
export function replicasOf({ spec }: V1Deployment): number {
  return spec?.replicas ?? 1;
}

/**
 * The Deployments of a service: those of its Helm release, or those that its selector names.
 *
 * @throws Error where neither is given: all Deployments of a namespace are nobody's service
 */
export async function deploymentsOf(
  namespace: Namespace,
  { release, selector }: ServiceAddress,
): Promise<V1Deployment[]> {
  if (!release && !selector) throw new Error("Neither a release nor a selector is given.");
  const labels = [release && "app.kubernetes.io/managed-by=Helm", selector].filter(Boolean);
  const found = await namespace.deployments(labels.join(","));
  return found.filter(
    ({ metadata }) => !release || metadata?.annotations?.["meta.helm.sh/release-name"] === release,
  );
}

/** The Deployments of a service with what belongs to them, as the cluster has it now. */
export async function observe(namespace: Namespace, address: ServiceAddress): Promise<Workload[]> {
  const deployments = await deploymentsOf(namespace, address);
  return Promise.all(deployments.map((deployment) => workloadOf(namespace, deployment)));
}

async function workloadOf(namespace: Namespace, deployment: V1Deployment): Promise<Workload> {
  const selector = selectorInWords(deployment.spec?.selector);
  // In this order: the ReplicaSet of a pod that is listed is there before the pod.
  const pods = await namespace.pods(selector);
  const replicaSets = await namespace.replicaSets(selector);
  return workload(deployment, replicaSets, pods);
}

/**
 * What belongs to a Deployment, of all that its selector names. A pod that another controller has
 * is not the Deployment's; one that nobody has, or whose ReplicaSet is gone, was. A pod that has
 * ended, such as an evicted one, runs nothing.
 */
export function workload(
  deployment: V1Deployment,
  replicaSets: readonly V1ReplicaSet[],
  pods: readonly V1Pod[],
): Workload {
  const own = replicaSets.filter((one) => controllerOf(one)?.uid === deployment.metadata?.uid);
  const isOthers = (pod: V1Pod) => {
    const { kind, uid } = controllerOf(pod) ?? {};
    if (uid === undefined || own.some(({ metadata }) => metadata?.uid === uid)) return false;
    return kind !== "ReplicaSet" || replicaSets.some(({ metadata }) => metadata?.uid === uid);
  };
  const remaining = pods.filter((pod) => !isOthers(pod) && !hasEnded(pod));
  return { deployment, replicaSets: own, pods: remaining };
}

/** The ReplicaSet of a Deployment's newest template; undefined where there is none yet. */
export function newestOf({ replicaSets }: Workload): V1ReplicaSet | undefined {
  const revision = ({ metadata }: V1ReplicaSet) =>
    Number(metadata?.annotations?.["deployment.kubernetes.io/revision"] ?? 0);
  return replicaSets.toSorted((one, other) => revision(other) - revision(one))[0];
}
