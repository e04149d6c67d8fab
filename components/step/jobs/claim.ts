import { describePlace } from "../../kubernetes";
import type { Namespace } from "./api";
import { JobError } from "./errors";
import {
  mountingPods,
  mountingWorkloads,
  nodesOf,
  volumeUserOf,
  type Mount,
  type VolumeUser,
} from "./mounts";
import type { JobRequest, JobTarget } from "./target";

/** How a Job's pods use the claim with the state. */
export interface ClaimUse {
  /** As whom the services work on its files; empty if nobody says. */
  readonly user: VolumeUser;
  /** Only pods of one node may mount it, so that one pod runs at a time. */
  readonly isOfOneNode: boolean;
  /** The nodes whose pods mount a claim of one node now; empty if none does. */
  readonly nodes: readonly string[];
}

/** The use of a step that mounts no claim. */
export const noClaim: ClaimUse = { user: {}, isOfOneNode: false, nodes: [] };

/**
 * Looks at who mounts the claim of a step. The scheduler would put a Job's pod on any node, where it
 * waits for a ReadWriteOnce volume until the services' pods are gone (`Multi-Attach error`): it
 * follows a claim only if that is ReadWriteOncePod, or if the volume itself names nodes. The kubelet
 * gives a fresh volume to `root:fsGroup`, and never changes an owner.
 *
 * @throws JobError with who would share a claim that serves one pod; ClusterError
 */
export async function claimUseOf(
  namespace: Namespace,
  { claim }: Pick<JobTarget, "claim">,
  asked: JobRequest,
): Promise<ClaimUse> {
  if (asked.state === undefined || claim === undefined) return noClaim;
  const found = await mountsOf(namespace, claim.name);
  if (found.modes.includes("ReadWriteOncePod")) refuseOthers(namespace, claim.name, asked, found);
  const user = volumeUserOf([...found.pods, ...found.workloads]);
  const isOfOneNode = servesOneNode(found.modes);
  return { user, isOfOneNode, nodes: isOfOneNode ? nodesOf(found.pods) : [] };
}

/**
 * What a claim means for Jobs, for a preview; undefined if they need to know nothing.
 *
 * @throws ClusterError
 */
export async function describeClaim(
  namespace: Namespace,
  claim: string,
  parallelism: number,
): Promise<string | undefined> {
  const { modes, pods } = await mountsOf(namespace, claim);
  if (modes.includes("ReadWriteOncePod")) {
    return (
      `The claim ${claim} is ReadWriteOncePod: only one pod may mount it. \`pulumi up\` refuses it if ` +
      "pods of the services mount it too, or if parallelism is more than 1."
    );
  }
  if (!servesOneNode(modes)) return undefined;
  const nodes = nodesOf(pods);
  const names = pods.map(({ name }) => name).join(", ");
  const where =
    nodes.length > 0
      ? `the Jobs' pods run on node ${nodes.join(" or ")}, beside ${names}`
      : "no pod mounts it now, so a Job's pod may run on any node that can mount it";
  const alone =
    parallelism > 1 ? `, one at a time (parallelism: ${parallelism} has no effect)` : "";
  return `The claim ${claim} is ${modes.join(", ")}: ${where}${alone}.`;
}

interface Found {
  readonly modes: readonly string[];
  readonly pods: readonly Mount[];
  readonly workloads: readonly Mount[];
}

async function mountsOf(namespace: Namespace, claim: string): Promise<Found> {
  const modes = (await namespace.claim(claim)).spec?.accessModes ?? [];
  const pods = mountingPods(await namespace.pods(""), claim);
  return { modes, pods, workloads: mountingWorkloads(await namespace.controllers(), claim) };
}

function servesOneNode(modes: readonly string[]): boolean {
  return modes.includes("ReadWriteOnce") && !modes.includes("ReadWriteMany");
}

function refuseOthers(
  { place }: Namespace,
  claim: string,
  { kind, pods = 1 }: JobRequest,
  { pods: others }: Found,
): void {
  if (pods === 1 && others.length === 0) return;
  const own = pods === 1 ? `the pod of ${kind}` : `${pods} pods of ${kind}`;
  throw new JobError([
    `The claim ${claim} in ${describePlace(place)} is ReadWriteOncePod: only one pod ` +
      `can mount it, but these need it: ${[own, ...others.map(({ name }) => name)].join(", ")}. Nothing was ` +
      "started. Use a claim that is ReadWriteOnce (pods of one node) or ReadWriteMany.",
  ]);
}
