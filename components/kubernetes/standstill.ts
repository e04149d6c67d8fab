import type { V1Deployment, V1LabelSelector, V1ReplicaSet } from "@kubernetes/client-node";
import { clusterAt, fieldManager } from "./client";
import { controllerOf, nameOf } from "./objects";
import { placeInWords, type ClusterAddress } from "./request";

/**
 * A service that was drained, so that it shows later whether anybody scaled it meanwhile: a poll would
 * miss 1 and back to 0, and a generation counts both. None of it is secret.
 */
export interface Standstill {
  readonly address: ClusterAddress;
  /** By the Deployment's name: its label selector, and the generation of each of its ReplicaSets. */
  readonly deployments: Readonly<Record<string, DeploymentAtRest>>;
}

interface DeploymentAtRest {
  readonly selector: string;
  readonly generations: Readonly<Record<string, number>>;
}

/** What is to be kept of Deployments that are drained. */
export function standstillOf(
  { kubeconfig, context, namespace }: ClusterAddress,
  drained: readonly {
    readonly deployment: V1Deployment;
    readonly replicaSets: readonly V1ReplicaSet[];
  }[],
): Standstill {
  const entries = drained.map(({ deployment, replicaSets }): [string, DeploymentAtRest] => [
    nameOf(deployment),
    {
      selector: selectorInWords(deployment.spec?.selector),
      generations: generationsOf(replicaSets),
    },
  ]);
  const api = {
    ...(kubeconfig !== undefined && { kubeconfig }),
    ...(context !== undefined && { context }),
  };
  return { address: { ...api, namespace }, deployments: Object.fromEntries(entries) };
}

/**
 * Who scaled a drained service, or gave it another template; undefined where nobody did.
 *
 * @param isRollout whether the Deployment's template now is that of our own rollout
 * @throws ClusterError, KubeconfigError
 */
export async function disturbanceOf(
  { address, deployments: drained }: Standstill,
  isRollout = false,
): Promise<string | undefined> {
  const { apps, answered, place } = await clusterAt(address);
  const { namespace } = place;
  const listing = apps.listNamespacedDeployment({ namespace });
  const deployments = (await answered("list", "deployments", listing)).items;
  for (const [name, { selector, generations }] of Object.entries(drained)) {
    const deployment = deployments.find((one) => nameOf(one) === name);
    const where = `Deployment ${name} in ${placeInWords(place)}`;
    if (!deployment) return `${where} is gone since the drain.`;
    const found = await answered(
      "list",
      "replicasets",
      apps.listNamespacedReplicaSet({ namespace, labelSelector: selector }),
    );
    const own = found.items.filter((one) => controllerOf(one)?.uid === deployment.metadata?.uid);
    const current = revisionOf(deployment);
    const others = own.filter((one) => !isRollout || revisionOf(one) !== current);
    const changed = Object.entries(generationsOf(others)).filter(
      ([one, generation]) => generations[one] !== generation,
    );
    if (changed.length === 0) continue;
    const who = managersOfReplicas(deployment).join(", ") || "somebody";
    const which = changed.map(([one]) => one).join(", ");
    return `${where} was scaled or changed since the drain, by ${who} (ReplicaSet ${which}).`;
  }
  return undefined;
}

/** The number that a template has, of a Deployment and of its ReplicaSet. */
function revisionOf({ metadata }: V1Deployment | V1ReplicaSet): string | undefined {
  return metadata?.annotations?.["deployment.kubernetes.io/revision"];
}

/** What to do about a service that was disturbed in a cutover. */
export function drainAgain(service: string): string {
  return (
    "Have that leave it alone until the cutover is done; then set storageMode: filesystem and run " +
    `pulumi up, which drains ${service} anew and takes it back, and storageMode: mongo after that.`
  );
}

function generationsOf(replicaSets: readonly V1ReplicaSet[]): Record<string, number> {
  const entries = replicaSets.map((one) => [nameOf(one), one.metadata?.generation ?? 0] as const);
  return Object.fromEntries(entries);
}

/** Who sets `spec.replicas`, as the API server records it. */
export function managersOfReplicas({ metadata }: V1Deployment): string[] {
  const managers = (metadata?.managedFields ?? []).filter(({ fieldsV1 }) => {
    const { "f:spec": spec } = (fieldsV1 ?? {}) as { "f:spec"?: object };
    return spec !== undefined && "f:replicas" in spec;
  });
  const names = managers.flatMap(({ manager }) => manager ?? []);
  return [...new Set(names)].filter((name) => name !== fieldManager);
}

/** A label selector as a request has it. */
export function selectorInWords(selector: V1LabelSelector | undefined): string {
  const words = { In: "in", NotIn: "notin" } as Record<string, string>;
  const expressions = (selector?.matchExpressions ?? []).map(({ key, operator, values = [] }) => {
    if (operator === "Exists") return key;
    if (operator === "DoesNotExist") return `!${key}`;
    return `${key} ${words[operator] ?? operator} (${values.join(",")})`;
  });
  const labels = Object.entries(selector?.matchLabels ?? {}).map(
    ([key, value]) => `${key}=${value}`,
  );
  return [...labels, ...expressions].join(",");
}
