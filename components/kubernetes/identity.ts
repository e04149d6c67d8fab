import { formatPrinted, warning } from "../contract/finding";
import type { Cluster } from "./client";
import { describeController } from "./objects";
import { ClusterError } from "./request";

/** Which cluster an address leads to, whatever its name. */
export interface ClusterIdentity {
  /** The API server's address; for people, because a cluster may have several. */
  readonly server: string;
  /** Of namespace `kube-system`, which nobody can delete; else of the address's own; else of its workloads. */
  readonly uids: Readonly<Record<string, string>>;
}

/** Identifies a cluster, which has no id of its own. Warns if no namespace may be read. @throws ClusterError */
export async function identityOf(cluster: Cluster): Promise<ClusterIdentity> {
  const { server, namespace } = cluster.place;
  for (const name of ["kube-system", namespace]) {
    try {
      const { metadata } = await cluster.read("Namespace", name);
      return { server, uids: { [`Namespace ${name}`]: metadata?.uid ?? "" } };
    } catch (error) {
      if (!(error instanceof ClusterError) || error.isTransient) throw error;
    }
  }
  const text =
    `The cluster is known only by the workloads in ${namespace}, because neither namespace kube-system ` +
    `nor ${namespace} may be read. Allow get on namespaces (docs/security.md).`;
  console.log(formatPrinted(warning("cluster-not-identified", text)));
  const all = await cluster.controllers();
  const uids = all.map((one) => [describeController(one), one.metadata?.uid ?? ""] as const);
  return { server, uids: Object.fromEntries(uids) };
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
