import type { V1Pod } from "@kubernetes/client-node";
import { hasEnded, nameOf, placeInWords } from "../../kubernetes";
import type { Namespace } from "./api";
import { JobError } from "./errors";
import type { JobRequest, JobTarget } from "./target";

/**
 * Refuses what would wait for ever: pods of a Job that have to share a claim which serves one pod.
 *
 * @throws JobError with who would share it; ClusterError
 */
export async function requireClaim(
  namespace: Namespace,
  { claim }: JobTarget,
  { kind, state, pods = 1 }: JobRequest,
): Promise<void> {
  if (state === undefined || claim === undefined) return;
  const modes = (await namespace.claim(claim.name)).spec?.accessModes ?? [];
  if (!modes.includes("ReadWriteOncePod")) return;
  const others = (await namespace.pods("")).filter((pod) => !hasEnded(pod) && has(pod, claim.name));
  if (pods === 1 && others.length === 0) return;
  const own = pods === 1 ? `the pod of ${kind}` : `${pods} pods of ${kind}`;
  throw new JobError([
    `The claim ${claim.name} in ${placeInWords(namespace.place)} is ReadWriteOncePod: one pod alone ` +
      `may mount it, and ${[own, ...others.map(nameOf)].join(", ")} would have to. Nothing was ` +
      "started. Give the state a claim that is ReadWriteOnce (pods of one node) or ReadWriteMany.",
  ]);
}

function has({ spec }: V1Pod, claim: string): boolean {
  return (spec?.volumes ?? []).some(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim,
  );
}
