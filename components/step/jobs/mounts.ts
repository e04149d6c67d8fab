import type { V1Pod, V1PodSpec } from "@kubernetes/client-node";
import { hasEnded, isStatefulSet, nameOf, templateOf, type Controller } from "../../kubernetes";

/** Who mounts a claim: a pod, or a workload whose pods would. */
export interface Mount {
  readonly name: string;
  readonly spec: V1PodSpec;
  /** What the pod calls it. */
  readonly volume: string;
  /** Whether no container of it may write. */
  readonly isReadOnly: boolean;
  /** Only of a pod that has a node. */
  readonly node?: string;
  readonly isRunning: boolean;
}

/** The numbers by which a container may read and write what the services keep in a volume. */
export interface VolumeUser {
  readonly runAsUser?: number;
  readonly runAsGroup?: number;
  readonly fsGroup?: number;
}

/** The pods that mount a claim and have not ended. */
export function mountingPods(pods: readonly V1Pod[], claim: string): Mount[] {
  return pods.flatMap((pod) => {
    const { spec, status } = pod;
    const volume = spec && volumeOf(spec, claim);
    if (!volume || hasEnded(pod)) return [];
    const node = spec.nodeName === undefined ? {} : { node: spec.nodeName };
    return [
      { name: nameOf(pod), spec, ...volume, ...node, isRunning: status?.phase === "Running" },
    ];
  });
}

/**
 * The workloads whose pods mount a claim: they say the same when they are scaled to zero. The claims
 * that a StatefulSet makes are called `<template>-<StatefulSet>-<number>`.
 */
export function mountingWorkloads(controllers: readonly Controller[], claim: string): Mount[] {
  return controllers.flatMap((controller) => {
    const name = nameOf(controller);
    const spec = templateOf(controller)?.spec;
    if (!spec) return [];
    const templates = isStatefulSet(controller) ? controller.spec?.volumeClaimTemplates : [];
    const made = templates?.find((one) => isNumbered(claim, `${nameOf(one)}-${name}-`));
    const volume = made ? { volume: nameOf(made), isReadOnly: false } : volumeOf(spec, claim);
    return volume ? [{ name, spec, ...volume, isRunning: false }] : [];
  });
}

function isNumbered(claim: string, prefix: string): boolean {
  return claim.startsWith(prefix) && /^\d+$/.test(claim.slice(prefix.length));
}

/**
 * As whom the services work on a claim's files: what the first one says that may write, else the first.
 * The number 0 is not taken, because a Job's pod never runs as root.
 */
export function volumeUserOf(mounts: readonly Mount[]): VolumeUser {
  const stated = mounts.map((mount) => ({ user: userOf(mount), isWriter: !mount.isReadOnly }));
  const known = stated.filter(({ user }) => Object.keys(user).length > 0);
  return (known.find(({ isWriter }) => isWriter) ?? known[0])?.user ?? {};
}

/** The nodes of the pods that mount a claim: those of running ones, if there are any. */
export function nodesOf(mounts: readonly Mount[]): string[] {
  const running = mounts.filter(({ isRunning }) => isRunning);
  const counted = running.length > 0 ? running : mounts;
  return [...new Set(counted.flatMap(({ node }) => node ?? []))].sort();
}

/** What a container says counts more than what its pod says. */
function userOf({ spec, volume }: Mount): VolumeUser {
  const ofPod = spec.securityContext;
  const mounter = spec.containers.find(({ volumeMounts = [] }) =>
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

function volumeOf({ volumes = [], containers }: V1PodSpec, claim: string) {
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
