import type { dynamic } from "@pulumi/pulumi";
import { warning } from "../../contract/finding";
import {
  describeController,
  describeApiPlace,
  gitOpsOwnerOf,
  identityOf,
  isSameCluster,
  tryQuickly,
  type Cluster,
} from "../../kubernetes";
import { tell } from "../../step";
import { cutOverFirstHint } from "../recovery";
import { findMissed } from "./executors";
import { hasMoved, type DrainInputs } from "./inputs";
import { pendingOperations } from "./releases";
import { findReplicasReset } from "./push";
import { describeMode } from "./remaining";
import { controllersOf, observeService } from "./service";

/** The cluster as it is now; as it was recorded if it is unreachable. */
export async function observeCluster(inputs: DrainInputs, olds?: DrainInputs) {
  const found = (await tryQuickly(inputs, identityOf)) ?? olds?.clusterIdentity;
  return { ...(found && { clusterIdentity: found }) };
}

/**
 * Why the services must not change over, as the cluster is now; undefined if they may.
 *
 * @param inputs with the cluster as it is
 * @param olds as of the last run; absent in the first
 * @throws ClusterError
 */
export async function findRefusal(
  cluster: Cluster,
  inputs: DrainInputs,
  olds?: DrainInputs,
): Promise<dynamic.CheckFailure | undefined> {
  const { mode, releases = [], clusterIdentity, acceptCluster } = inputs;
  const isKnown = isSameCluster(clusterIdentity, olds?.clusterIdentity, acceptCluster);
  if (isKnown === false) return { property: "context", reason: describeOther(inputs, olds) };
  // What Helm would refuse later is refused before the worker stops.
  const pending = await pendingOperations(inputs, releases);
  if (pending !== undefined) return { property: "releases", reason: pending };
  const owned = await findOwner(cluster, releases);
  if (owned !== undefined && mode === "mongo") return { property: "releases", reason: owned };
  const resets = await findReplicasReset(cluster, inputs);
  if (resets !== undefined && mode === "mongo") return { property: "push", reason: resets };
  // A rollback is not stopped by what was in force since the cutover.
  if (owned !== undefined) tell(warning("owned", owned));
  if (resets !== undefined) tell(warning("argo-sets-replicas", resets));
  // A stack that begins on files drains nothing.
  const isDue = olds ? olds.mode !== mode : mode === "mongo";
  const isElsewhere = mode === "mongo" && hasMoved(inputs, olds);
  if (!isDue && !isElsewhere) return undefined;
  const found = await observeService(cluster, inputs);
  const reason = await findMissed(cluster, inputs, found, isKnown === true);
  return reason === undefined ? undefined : { property: "selector", reason };
}

/** What is said of another cluster than the recorded one. */
export function describeOther(
  { clusterIdentity, namespace }: DrainInputs,
  olds?: DrainInputs,
): string {
  const { server, uids = {} } = clusterIdentity ?? {};
  return (
    `Namespace ${namespace} is on the cluster of ${server}, but this stack's services are on that of ` +
    `${olds?.clusterIdentity?.server ?? ""}, which has other UIDs. Check kubernetes.kubeconfig and ` +
    "kubernetes.context. If the cluster was rebuilt, run pulumi refresh, and set advanced.acceptCluster: " +
    (Object.values(uids)[0] ?? server ?? "")
  );
}

/**
 * Why a drain that is new to the stack must not be one to files; undefined where it may. Where the
 * service works on MongoDB, the stack was destroyed, or lost its state: it would drain nothing, export
 * nothing and set no run aside, and the service would go on from files as old as the cutover.
 *
 * @throws ClusterError
 */
export async function findUnknownCutover(
  cluster: Cluster,
  inputs: DrainInputs,
): Promise<string | undefined> {
  const { service, mode } = inputs;
  if (mode !== "filesystem") return undefined;
  const onMongo = (await controllersOf(cluster, inputs))
    .filter((controller) => describeMode(controller, service) === "mongo")
    .map(describeController);
  if (onMongo.length === 0) return undefined;
  const place = describeApiPlace(cluster.place);
  return `${onMongo.join(", ")} in ${place} is in mongo mode. ${cutOverFirstHint}`;
}

/**
 * Why releases of target `helm` cannot be upgraded: Flux or Argo CD deploys workloads of them. A
 * HelmRelease that finds a revision which it did not make upgrades back to its own values
 * (fluxcd/helm-controller#1383), and Argo CD applies its manifests again: the worker would work on files,
 * behind the fence. Undefined if nobody else deploys them.
 *
 * @param releases their names; none of target `values`
 * @throws ClusterError
 */
async function findOwner(
  { place, controllers }: Cluster,
  releases: readonly string[],
): Promise<string | undefined> {
  if (releases.length === 0) return undefined;
  const owned = (await controllers()).flatMap((one) => {
    const ofHelm = one.metadata?.annotations?.["meta.helm.sh/release-name"] ?? "";
    // Argo CD applies what a chart renders: such a release has the chart's labels, and none of Helm's.
    const ofChart = one.metadata?.labels?.["app.kubernetes.io/instance"] ?? "";
    const isOurs = releases.includes(ofHelm) || releases.includes(ofChart);
    const owner = isOurs ? gitOpsOwnerOf(one) : undefined;
    return owner ? [`  ${describeController(one)}: ${owner.name}`] : [];
  });
  if (owned.length === 0) return undefined;
  return [
    `In ${describeApiPlace(place)} another tool deploys what rollout.target: helm would upgrade:`,
    ...owned,
    "It would restore its own values, and the worker would continue with outdated files.",
    "Set rollout.target: values, and let that tool deploy the values files that pulumi up writes",
    "(docs/gitops.md). If it no longer deploys them, remove its labels and annotations.",
  ].join("\n");
}
