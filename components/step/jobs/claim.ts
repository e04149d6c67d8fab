import type { V1PodSpec } from "@kubernetes/client-node";
import { isGone, isStatefulSet, nameOf, type Cluster, type Controller } from "../../kubernetes";
import { JobError, type JobRequest, type JobTarget } from "./target";

/** How a Job's pods use the claim with the state. */
export interface ClaimUse {
  /** The user of the services that mount it, if their pods set one. */
  readonly user: Readonly<Partial<Record<"runAsUser" | "runAsGroup" | "fsGroup", number>>>;
  /** Whether only pods of one node may mount it, so that one pod does all the work. */
  readonly isOfOneNode: boolean;
  /** The nodes whose pods mount such a claim now. */
  readonly nodes: readonly string[];
}

export const noClaim: ClaimUse = { user: {}, isOfOneNode: false, nodes: [] };

/**
 * Finds out who mounts the claim of a step. On another node, a Job's pod would wait for a ReadWriteOnce volume until
 * the services' pods are gone (`Multi-Attach error`).
 *
 * @throws JobError if only one pod at a time may mount the claim, and one does; ClusterError
 */
export async function claimUseOf(
  cluster: Cluster,
  { claim }: Pick<JobTarget, "claim">,
  asked: JobRequest,
): Promise<ClaimUse> {
  if (asked.state === undefined || claim === undefined) return noClaim;
  const modes = (await cluster.read("PersistentVolumeClaim", claim.name)).spec?.accessModes ?? [];
  const isOfOneNode = !modes.includes("ReadWriteMany");
  // A Job's own pods follow the others.
  const others = "app.kubernetes.io/name!=taskrunner-storage";
  const mounting = (isOfOneNode ? await cluster.list("Pod", others) : []).filter(
    (pod) => !isGone(pod) && pod.spec && mountIn(pod.spec, claim.name),
  );
  const [first] = mounting;
  if (first && modes.includes("ReadWriteOncePod")) {
    throw new JobError([
      `Claim ${claim.name} is ReadWriteOncePod, and pod ${nameOf(first)} mounts it, so no Job can. Nothing ` +
        "was started. Give the state a claim of ReadWriteMany or ReadWriteOnce.",
    ]);
  }
  const running = mounting.filter(({ status }) => status?.phase === "Running");
  const counted = running.length > 0 ? running : mounting;
  const nodes = [...new Set(counted.flatMap(({ spec }) => spec?.nodeName ?? []))].sort();
  // Of the workloads, which may be at zero: the first that may write, else the first.
  const users = (await cluster.controllers()).flatMap((controller) => {
    const spec = controller.spec?.template.spec;
    const mount = spec && (claimTemplateIn(controller, claim.name) ?? mountIn(spec, claim.name));
    const user = mount ? userOf(spec, mount.volume) : {};
    return mount && Object.keys(user).length > 0 ? [{ user, isReadOnly: mount.isReadOnly }] : [];
  });
  const { user = {} } = users.find(({ isReadOnly }) => !isReadOnly) ?? users[0] ?? {};
  return { user, isOfOneNode, nodes };
}

/** A claim as a pod's volume. */
interface Mount {
  readonly volume: string;
  readonly isReadOnly: boolean;
}

// A StatefulSet names its claims `<template>-<StatefulSet>-<number>`.
function claimTemplateIn(controller: Controller, claim: string): Mount | undefined {
  if (!isStatefulSet(controller)) return undefined;
  const templates = controller.spec?.volumeClaimTemplates ?? [];
  const made = templates.find((one) => {
    const prefix = `${nameOf(one)}-${nameOf(controller)}-`;
    return claim.startsWith(prefix) && /^\d+$/.test(claim.slice(prefix.length));
  });
  return made && { volume: nameOf(made), isReadOnly: false };
}

function mountIn({ volumes = [], containers }: V1PodSpec, claim: string): Mount | undefined {
  const found = volumes.find(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === claim,
  );
  if (!found) return undefined;
  const mounts = containers.flatMap(({ volumeMounts = [] }) =>
    volumeMounts.filter(({ name }) => name === found.name),
  );
  const isReadOnly =
    found.persistentVolumeClaim?.readOnly === true ||
    mounts.every(({ readOnly }) => readOnly === true);
  return { volume: found.name, isReadOnly };
}

// Without 0: a Job's pod never runs as root.
function userOf(
  { securityContext: ofPod, containers }: V1PodSpec,
  volume: string,
): ClaimUse["user"] {
  const mounter = containers.find(({ volumeMounts = [] }) =>
    volumeMounts.some(({ name }) => name === volume),
  );
  const own = mounter?.securityContext;
  const numbers = {
    runAsUser: own?.runAsUser ?? ofPod?.runAsUser,
    runAsGroup: own?.runAsGroup ?? ofPod?.runAsGroup,
    fsGroup: ofPod?.fsGroup,
  };
  return Object.fromEntries(Object.entries(numbers).filter(([, number]) => number));
}
