import type { Cluster } from "./client";
import { ClusterError } from "./request";

/** The identity of a cluster, whatever its name and address. */
export interface ClusterIdentity {
  /** The API server's address; only for messages, because a cluster may have several. */
  readonly server: string;
  /** UIDs of `kube-system` and of the address's namespace, of those that may be read. */
  readonly uids: Readonly<Record<string, string>>;
}

/**
 * Identifies a cluster, which has no id of its own.
 *
 * @param accepted the UID or server that the settings accept: the account of an accepted server needs no UID
 * @throws ClusterError if it refuses both UIDs, or does not answer
 */
export async function identityOf(cluster: Cluster, accepted?: string): Promise<ClusterIdentity> {
  const { server, namespace } = cluster.location;
  const uids: Record<string, string> = {};
  let refusal: ClusterError | undefined;
  for (const name of ["kube-system", namespace]) {
    try {
      const { metadata } = await cluster.read("Namespace", name);
      uids[`Namespace ${name}`] = metadata?.uid ?? "";
    } catch (error) {
      if (!(error instanceof ClusterError) || error.isTransient) throw error;
      refusal = error;
    }
  }
  if (refusal && Object.keys(uids).length === 0 && accepted !== server) {
    refusal.message += ` Without that right, accept the cluster by its address: advanced.acceptCluster: ${server}`;
    throw refusal;
  }
  return { server, uids };
}

/** Whether a cluster is the recorded one, or accepted instead by a UID or its server. Undefined if unknown. */
export function isSameCluster(
  found: ClusterIdentity | undefined,
  recorded: ClusterIdentity | undefined,
  accepted = "",
): boolean | undefined {
  if (!found) return undefined;
  if ([found.server, ...Object.values(found.uids)].includes(accepted)) return true;
  const common = Object.keys(found.uids).filter((name) => recorded && name in recorded.uids);
  if (common.length === 0) return undefined;
  return common.some((name) => found.uids[name] === recorded?.uids[name]);
}
