import type { dynamic } from "@pulumi/pulumi";
import { warning } from "../../contract/finding";
import { identityOf, isSameCluster, tryQuickly, type Cluster } from "../../kubernetes";
import { tell } from "../../step";
import { findMissed } from "./executors";
import { findOwner } from "./foreseen";
import { hasMoved, type DrainInputs as Inputs } from "./inputs";
import { pendingOperations } from "./pending";
import { findReplicasReset } from "./push";
import { observe } from "./service";

/** The cluster as it is now; as it was recorded if it is unreachable. */
export async function observeCluster(inputs: Inputs, olds?: Inputs) {
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
  inputs: Inputs,
  olds?: Inputs,
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
  const found = await observe(cluster, inputs);
  const reason = await findMissed(cluster, inputs, found, isKnown === true);
  return reason === undefined ? undefined : { property: "selector", reason };
}

/** What is said of another cluster than the recorded one. */
export function describeOther({ clusterIdentity, namespace }: Inputs, olds?: Inputs): string {
  const { server, uids = {} } = clusterIdentity ?? {};
  return (
    `Namespace ${namespace} is on the cluster of ${server}, but this stack's services are on that of ` +
    `${olds?.clusterIdentity?.server ?? ""}, which has other UIDs. Check kubernetes.kubeconfig and ` +
    "kubernetes.context. If the cluster was rebuilt, run pulumi refresh, and set advanced.acceptCluster: " +
    (Object.values(uids)[0] ?? server ?? "")
  );
}
