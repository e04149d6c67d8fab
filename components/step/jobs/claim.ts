import { hasEnded, type Cluster } from "../../kubernetes";
import type { JobRequest, JobTarget } from "./target";

/** How a Job's pods use the claim with the state. */
export interface ClaimUse {
  /** Whether only pods of one node may mount it, so that one pod does all the work. */
  readonly isOfOneNode: boolean;
  /** The nodes whose pods mount such a claim now. */
  readonly nodes: readonly string[];
}

export const noClaim: ClaimUse = { isOfOneNode: false, nodes: [] };

/**
 * Finds out where the claim of a step is mounted. On another node, a Job's pod would wait for a ReadWriteOnce volume
 * until the services' pods are gone (`Multi-Attach error`).
 *
 * @throws ClusterError
 */
export async function claimUseOf(
  cluster: Cluster,
  { claim }: Pick<JobTarget, "claim">,
  asked: JobRequest,
): Promise<ClaimUse> {
  if (asked.state === undefined || claim === undefined) return noClaim;
  const modes = (await cluster.read("PersistentVolumeClaim", claim.name)).spec?.accessModes ?? [];
  if (modes.includes("ReadWriteMany")) return noClaim;
  // A Job's own pods follow the others.
  const others = await cluster.list("Pod", "app.kubernetes.io/name!=taskrunner-storage");
  const mounting = others.filter((pod) => {
    const claims = (pod.spec?.volumes ?? []).map((one) => one.persistentVolumeClaim?.claimName);
    return !hasEnded(pod) && claims.includes(claim.name);
  });
  const running = mounting.filter(({ status }) => status?.phase === "Running");
  const counted = running.length > 0 ? running : mounting;
  const nodes = [...new Set(counted.flatMap(({ spec }) => spec?.nodeName ?? []))].sort();
  return { isOfOneNode: true, nodes };
}
