import type { V1EnvFromSource, V1Pod } from "@kubernetes/client-node";
import { warning } from "../../contract/finding";
import {
  ClusterError,
  controllerOf,
  describeController,
  describeApiPlace,
  hasEnded,
  isStatefulSet,
  nameOf,
  replicasOf,
  type Cluster,
  type Controller,
} from "../../kubernetes";
import { tell } from "../../step";
import { modeKey } from "../environment";
import type { DrainInputs } from "./inputs";
import {
  controllersOf,
  describeOtherLabels,
  describeWanted,
  modeIn,
  replicasBefore,
  type Workload,
} from "./workload";

/**
 * Why a drain of these workloads would miss an executor, which would work through the whole cutover, or stop
 * another program (decision 9). Undefined if it would not.
 *
 * @param isKnown whether this is the cluster of the stack: only there a rollback continues without a worker
 * @throws ClusterError
 */
export async function findMissed(
  cluster: Cluster,
  inputs: DrainInputs,
  found: readonly Workload[],
  isKnown: boolean,
): Promise<string | undefined> {
  const { namespace, release, install, mode, service } = inputs;
  const ofRelease = release ? await controllersOf(cluster, { namespace, release }) : [];
  if (found.length === 0 && ofRelease.length > 0) {
    return describeOtherLabels(cluster, inputs, ofRelease);
  }
  const reason =
    findUnstated(cluster, inputs, found) ??
    findSplit(inputs, found) ??
    (await findOtherPods(cluster, inputs, found));
  if (reason !== undefined || found.length > 0) return reason;
  // Helm has no revision of a release that the stack is to create.
  const isNew =
    install && (await cluster.list("Secret", `owner=helm,name=${release ?? ""}`)).length === 0;
  if (isNew) return undefined;
  const absent =
    `No ${describeWanted(inputs)} exists in ${describeApiPlace(cluster.place)}, so nothing shows that the ` +
    `${service} is stopped. Check context, namespace, release and selector, and that it is deployed.`;
  if (mode === "mongo") return absent;
  const accepted = `advanced.acceptCluster: ${cluster.place.server}`;
  if (!isKnown) return `${absent} If it was uninstalled on this very cluster, set ${accepted}.`;
  const text = `${absent} The rollback goes on: somebody uninstalled it.`;
  tell(warning("worker-absent", text));
  return undefined;
}

function findUnstated(
  { place }: Cluster,
  { service }: DrainInputs,
  found: readonly Workload[],
): string | undefined {
  const isStated = ({ controller }: Workload) =>
    modeIn(controller.spec?.template.spec, service) !== undefined;
  if (found.length === 0 || found.some(isStated)) return undefined;
  const names = found.map(({ controller }) => describeController(controller)).join(", ");
  const key = modeKey(service);
  return (
    `No container of ${names} in ${describeApiPlace(place)} has ${key} in its env, so it may not be the ` +
    `${service}. Nothing was scaled. Check release and selector. If they are right, set ${key}: filesystem ` +
    "first: run pulumi up with storageMode: filesystem, and deploy its values."
  );
}

// Below a partition the controller creates pods of the former template, in both directions.
function findSplit({ mode }: DrainInputs, found: readonly Workload[]): string | undefined {
  const sets = found.flatMap(({ controller }) => (isStatefulSet(controller) ? controller : []));
  const parted = sets.find(({ spec }) => spec?.updateStrategy?.rollingUpdate?.partition);
  if (parted) {
    return (
      `StatefulSet ${nameOf(parted)} has a partition, so pods of its former template would start beside new ones. ` +
      "Nothing was scaled. Set it to 0 in the service's values and in the cluster: kubectl patch statefulset " +
      `${nameOf(parted)} --patch '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`
    );
  }
  const isMany = (set: Controller) => Math.max(replicasOf(set), replicasBefore(set) ?? 0) > 1;
  const many = sets.find((set) => set.spec?.volumeClaimTemplates?.length && isMany(set));
  if (!many || mode === "filesystem") return undefined;
  return (
    `StatefulSet ${nameOf(many)} has volumeClaimTemplates and several replicas, so each has a state of its ` +
    "own, and one would be imported. Nothing was scaled. Scale it to 1, or give all replicas one claim."
  );
}

/** Pods that are not drained, but have the service's labels or state its mode. */
async function findOtherPods(
  cluster: Cluster,
  inputs: DrainInputs,
  found: readonly Workload[],
): Promise<string | undefined> {
  const { service, release, selector, ignorePods } = inputs;
  const ofRelease = release ? `app.kubernetes.io/instance=${release}` : undefined;
  const labels = [ofRelease, selector].filter(Boolean).join(",");
  const uidsOf = (pods: readonly V1Pod[]) => new Set(pods.map(({ metadata }) => metadata?.uid));
  const all = await cluster.list("Pod", "");
  const ignored = ignorePods === undefined ? [] : await cluster.list("Pod", ignorePods);
  const known = uidsOf([...found.flatMap(({ pods }) => pods), ...ignored]);
  const labelled = uidsOf(await cluster.list("Pod", labels));
  const unknown = all.filter((pod) => !hasEnded(pod) && !known.has(pod.metadata?.uid));
  const stating = await statingMode(cluster, service, unknown);
  const others = unknown.filter((pod) => labelled.has(pod.metadata?.uid) || stating.includes(pod));
  if (others.length === 0) return undefined;
  const names = others.map((pod) => {
    const { kind, name = "" } = controllerOf(pod) ?? {};
    return kind === undefined ? nameOf(pod) : `${nameOf(pod)} (of ${kind} ${name})`;
  });
  return (
    `Pods in ${describeApiPlace(cluster.place)} have the labels ${labels} or the variable ${modeKey(service)}, but ` +
    `belong to nothing that is drained: ${names.join(", ")}. ` +
    `Check namespace, release and selector. If the pods are not this ${service}'s, name them by labels in ` +
    "rollout.ignorePods. If they are, delete them."
  );
}

async function statingMode(
  cluster: Cluster,
  service: DrainInputs["service"],
  pods: readonly V1Pod[],
): Promise<readonly V1Pod[]> {
  const key = modeKey(service).toLowerCase();
  const keysOf = new Map<string, readonly string[]>();
  const sourcesOf = ({ spec }: V1Pod) =>
    (spec?.containers ?? []).flatMap((one) => one.envFrom ?? []);
  for (const { configMapRef } of pods.flatMap(sourcesOf)) {
    const name = configMapRef?.name;
    if (name === undefined || keysOf.has(name)) continue;
    const found = await cluster.read("ConfigMap", name).catch((error: unknown) => {
      if (!(error instanceof ClusterError) || error.isTransient) throw error;
      const text = `Pods have variables of ConfigMap ${name}. ${error.message}`;
      tell(warning("variables-not-read", text));
    });
    keysOf.set(name, Object.keys(found?.data ?? {}));
  }
  const isStated = ({ configMapRef, prefix = "" }: V1EnvFromSource) =>
    keysOf.get(configMapRef?.name ?? "")?.some((one) => `${prefix}${one}`.toLowerCase() === key);
  return pods.filter((pod) => modeIn(pod.spec, service) ?? sourcesOf(pod).some(isStated));
}
