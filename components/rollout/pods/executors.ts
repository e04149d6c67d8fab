import type { V1Pod } from "@kubernetes/client-node";
import {
  describeController,
  controllerOf,
  hasEnded,
  nameOf,
  describePlace,
  templateOf,
  type Cluster,
} from "../../kubernetes";
import { modeKey } from "../environment";
import type { DrainInputs } from "./inputs";
import { modeIn } from "./remaining";
import { controllersOf, describeOtherLabels, type Workload } from "./service";

/**
 * Makes sure that what is drained is the service, and all of it: otherwise an executor would go on
 * through the whole cutover, unseen (decision 9).
 *
 * @param found what is drained
 * @throws Error if no workload states a mode, if the selector is that of none in the release, or if
 *   pods of the service belong to something that is not drained; ClusterError
 */
export async function requireAllExecutors(
  cluster: Cluster,
  inputs: DrainInputs,
  found: readonly Workload[],
): Promise<void> {
  if (found.length === 0) await refuseOtherLabels(cluster, inputs);
  refuseUnstated(cluster, inputs, found);
  await refuseOtherPods(cluster, inputs, found);
}

async function refuseOtherLabels(cluster: Cluster, inputs: DrainInputs): Promise<void> {
  const { namespace, release, selector } = inputs;
  if (!release || !selector) return;
  const all = await controllersOf(cluster, { namespace, release });
  if (all.length > 0) throw new Error(describeOtherLabels(cluster, inputs, all));
}

function refuseUnstated(
  { place }: Cluster,
  { service }: DrainInputs,
  found: readonly Workload[],
): void {
  const isStated = ({ controller }: Workload) =>
    modeIn(templateOf(controller)?.spec, service) !== undefined;
  if (found.length === 0 || found.some(isStated)) return;
  const names = found.map(({ controller }) => describeController(controller)).join(", ");
  const key = modeKey(service);
  throw new Error(
    `No container of ${names} in ${describePlace(place)} has ${key} in its env, so it may not be the ` +
      `${service}. Nothing was scaled. Check release and selector. If they are right, set ${key}: filesystem ` +
      "first: run pulumi up with storageMode: filesystem, and deploy its values.",
  );
}

/**
 * Pods of the release that are not drained: those with the service's own labels or, of other labels, those
 * that state its mode. Without labels of its own the whole release is the service's.
 */
async function refuseOtherPods(
  cluster: Cluster,
  inputs: DrainInputs,
  found: readonly Workload[],
): Promise<void> {
  const { service, release, selector } = inputs;
  const ofRelease = release ? `app.kubernetes.io/instance=${release}` : undefined;
  const labels = [ofRelease, selector].filter(Boolean).join(",");
  const drained = new Set(found.flatMap(({ pods }) => pods.map(({ metadata }) => metadata?.uid)));
  const isOther = (pod: V1Pod) => !hasEnded(pod) && !drained.has(pod.metadata?.uid);
  const labelled = (await cluster.pods(labels)).filter(isOther);
  const stating = (await cluster.pods(ofRelease ?? labels)).filter(
    (pod) => isOther(pod) && modeIn(pod.spec, service) !== undefined,
  );
  const others = new Map([...labelled, ...stating].map((pod) => [nameOf(pod), pod]));
  if (others.size === 0) return;
  const key = modeKey(service);
  throw new Error(
    `Pods in ${describePlace(cluster.place)} have the labels ${labels} or the variable ${key}, but ` +
      `belong to nothing that is drained: ${[...others.values()].map(describePod).join(", ")}. ` +
      `Check namespace, release and selector. If the pods are not the ${service}'s, set ` +
      `rollout.${service}.selector to labels that only ${service} has. If they are, delete them.`,
  );
}

function describePod(pod: V1Pod): string {
  const { kind, name } = controllerOf(pod) ?? {};
  return kind === undefined ? nameOf(pod) : `${nameOf(pod)} (of ${kind} ${name ?? ""})`;
}
