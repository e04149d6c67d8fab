import type { Cluster } from "./client";
import { ClusterError } from "./request";

/** The identity of a cluster, whatever its name and address. */
export interface ClusterIdentity {
  /** The API server's address; only for messages, because a cluster may have several. */
  readonly server: string;
  /** UID of `kube-system`, or of the address's namespace if that may not be read. */
  readonly uids: Readonly<Record<string, string>>;
}

/** Identifies a cluster, which has no id of its own. @throws ClusterError */
export async function identityOf(cluster: Cluster): Promise<ClusterIdentity> {
  const { server, namespace } = cluster.location;
  const read = async (name: string) => {
    const { metadata } = await cluster.read("Namespace", name);
    return { server, uids: { [`Namespace ${name}`]: metadata?.uid ?? "" } };
  };
  return read("kube-system").catch((error: unknown) => {
    if (!(error instanceof ClusterError) || error.isTransient) throw error;
    return read(namespace);
  });
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
