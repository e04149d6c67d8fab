import { chmod, chown, lstat, readdir, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { CoreV1Api, V1Pod } from "@kubernetes/client-node";
import type { Image } from "./images";
import type { ProcessUser } from "./process";

/** A claim's volume as this kubelet knows it: a folder that plays a block device. */
export interface Volume {
  readonly path: string;
  readonly isOfOneNode: boolean;
}

/** Whether files can belong to others here: only root can give them away. */
export const isRoot = process.getuid?.() === 0;

/** Volumes that nodes have attached, by folder: the node, and the pods for whom it does. */
type Attached = Map<string, { readonly node: string; readonly pods: Set<string> }>;

/**
 * Attaches ReadWriteOnce volumes to the node of the pod that mounts them first, as the attach-detach
 * controller does, and lets no other node have them meanwhile.
 */
export class Attachments {
  private readonly attached: Attached = new Map();

  /** @throws Error in the controller's words, if another node has it */
  attach({ path, isOfOneNode }: Volume, { metadata, spec }: V1Pod): void {
    if (!isOfOneNode) return;
    const node = spec?.nodeName ?? "";
    const held = this.attached.get(path) ?? { node, pods: new Set() };
    if (held.node !== node) {
      throw new Error(
        `Multi-Attach error for volume "${path}": it is attached to ${held.node} and used by other pods`,
      );
    }
    held.pods.add(metadata?.uid ?? "");
    this.attached.set(path, held);
  }

  /** A pod that is over or gone needs none any more. */
  detach({ metadata }: V1Pod): void {
    for (const [path, { pods }] of this.attached) {
      pods.delete(metadata?.uid ?? "");
      if (pods.size === 0) this.attached.delete(path);
    }
  }
}

/** The folder of a claim's volume. @throws Error if it is not bound to one of the kind `hostPath` */
export async function volumeOf(core: CoreV1Api, namespace: string, claim: string): Promise<Volume> {
  const bound = await core.readNamespacedPersistentVolumeClaim({ name: claim, namespace });
  const name = bound.spec?.volumeName ?? "";
  const path = (await core.readPersistentVolume({ name })).spec?.hostPath?.path;
  if (path === undefined) throw new Error(`the claim ${claim} has no folder on this machine`);
  await letThrough(path);
  const modes = bound.spec?.accessModes ?? [];
  return { path, isOfOneNode: modes.includes("ReadWriteOnce") && modes.length === 1 };
}

/** Lets every user come to a path in a temporary folder: in a pod nothing is above a mount or a program. */
export async function letThrough(path: string): Promise<void> {
  if (!isRoot || !path.startsWith(`${tmpdir()}/`)) return;
  for (let above = dirname(path); above !== tmpdir(); above = dirname(above)) {
    await chmod(above, (await stat(above)).mode | 0o011);
  }
}

/**
 * As whom a pod's first container runs: what its security context says, else the image. A user by
 * number has the group 0, because an image has no entry for it. Undefined: as the one who runs this, like
 * a pod without a claim, which may write to paths of this machine.
 *
 * @throws Error in the kubelet's words, if it would be root and must not
 */
export function processUserOf({ spec }: V1Pod, image: Image): ProcessUser | undefined {
  const hasClaim = spec?.volumes?.some(({ persistentVolumeClaim }) => persistentVolumeClaim);
  if (!isRoot || !spec || !hasClaim) return undefined;
  const ofPod = spec.securityContext;
  const own = spec.containers[0]?.securityContext;
  const stated = own?.runAsUser ?? ofPod?.runAsUser;
  const uid = stated ?? image.user?.uid;
  const group = own?.runAsGroup ?? ofPod?.runAsGroup;
  const fsGroup = ofPod?.fsGroup;
  if (uid === undefined && group === undefined && fsGroup === undefined) return undefined;
  if ((uid ?? 0) === 0 && (own?.runAsNonRoot ?? ofPod?.runAsNonRoot)) {
    throw new Error("container has runAsNonRoot and image will run as root");
  }
  const gid = group ?? (stated === undefined ? (image.user?.gid ?? 0) : 0);
  return { uid: uid ?? 0, gid, groups: fsGroup === undefined ? [] : [fsGroup] };
}

/**
 * Gives a volume to a pod's `fsGroup`, as the kubelet does (pkg/volume/volume_linux.go): never another
 * owner, the group of everything, and for it what the owner may; with `OnRootMismatch` only if
 * the root differs.
 */
export async function giveToGroup(path: string, { spec }: V1Pod): Promise<void> {
  const fsGroup = spec?.securityContext?.fsGroup;
  if (!isRoot || fsGroup === undefined) return;
  const root = await lstat(path);
  const isGiven = root.gid === fsGroup && (root.mode & 0o2070) === 0o2070;
  const policy = spec?.securityContext?.fsGroupChangePolicy;
  if (isGiven && policy === "OnRootMismatch") return;
  await give(path, fsGroup);
}

async function give(path: string, gid: number): Promise<void> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return;
  await chown(path, found.uid, gid);
  await chmod(path, (found.mode & 0o7777) | (found.isDirectory() ? 0o2770 : 0o660));
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await give(join(path, name), gid);
}
