import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { CoreV1Api, V1Pod, V1Volume } from "@kubernetes/client-node";
import { giveToGroup, volumeOf, type Attachments } from "./volumes";

/** A path of a container as one of this machine. */
export type PathOf = (path: string) => string;

type Mounted = readonly [at: string, folder: string];

/**
 * How a pod's claims and ConfigMaps are seen from its first container: a path below a mount is one below
 * the folder of the claim's volume, which is of the kind `hostPath`, or below one with a file for each of
 * the ConfigMap's keys. The termination message has a file of the pod's. Every other path is this machine's own.
 *
 * The container's process has no mounts, so that a ConfigMap's texts name claims by this machine's
 * folders too: in a text, what stands in quotes and begins with a mount's path.
 *
 * @param folder the pod's own, in which the files are made; it need not be there
 * @throws Error where a claim is not bound to such a volume or another node has it, or a ConfigMap is
 *   not there
 */
export async function mountsOf(
  core: CoreV1Api,
  attachments: Attachments,
  pod: V1Pod,
  folder: string,
): Promise<PathOf> {
  const claims = await mounted(pod, async ({ persistentVolumeClaim: claim }, namespace) => {
    if (!claim) return undefined;
    const volume = await volumeOf(core, namespace, claim.claimName);
    attachments.attach(volume, pod);
    // One that is mounted read only stays as it is.
    if (!claim.readOnly) await giveToGroup(volume.path, pod);
    return volume.path;
  });
  const inClaims = pathIn(claims);
  const texts = await mounted(pod, async ({ name, configMap }, namespace) => {
    if (!configMap) return undefined;
    const at = { namespace, name: configMap.name ?? "" };
    const { data = {} } = await core.readNamespacedConfigMap(at);
    const path = join(folder, name);
    await mkdir(path, { recursive: true, mode: 0o755 });
    for (const [key, text] of Object.entries(data)) {
      await writeFile(join(path, key), withPaths(text, inClaims));
    }
    return path;
  });
  return pathIn([...claims, ...texts, await messageFile(pod, folder)]);
}

/** The file of the termination message, in which every user may write. */
async function messageFile({ spec }: V1Pod, folder: string): Promise<Mounted> {
  const path = messageIn(folder);
  await mkdir(folder, { recursive: true, mode: 0o755 });
  await writeFile(path, "");
  await chmod(path, 0o666);
  return [spec?.containers[0]?.terminationMessagePath ?? "/dev/termination-log", path];
}

/**
 * What a container wrote as its termination message, as the kubelet takes it: the last 4,096 bytes of the file, and
 * of these the first ones, because the containers of a pod share 12 KiB (`getTerminationMessage` in
 * pkg/kubelet/kuberuntime, `normalizeStatus` in pkg/kubelet/status).
 */
export async function terminationMessage({ spec }: V1Pod, folder: string): Promise<string> {
  const written = await readFile(messageIn(folder)).catch(() => Buffer.alloc(0));
  const count = (spec?.containers.length ?? 1) + (spec?.initContainers?.length ?? 0);
  return written
    .subarray(-4_096)
    .subarray(0, Math.floor((12 * 1_024) / count))
    .toString();
}

function messageIn(folder: string): string {
  return join(folder, "termination-message");
}

/** The mounts of a pod's first container whose volume has a folder on this machine. */
async function mounted(
  { metadata, spec }: V1Pod,
  folderOf: (volume: V1Volume, namespace: string) => Promise<string | undefined> | undefined,
): Promise<Mounted[]> {
  const all = (spec?.containers[0]?.volumeMounts ?? []).map(async (mount) => {
    const volume = spec?.volumes?.find(({ name }) => name === mount.name);
    const path = volume && (await folderOf(volume, metadata?.namespace ?? ""));
    return path === undefined ? [] : [[mount.mountPath, join(path, mount.subPath ?? "")] as const];
  });
  return (await Promise.all(all)).flat();
}

function pathIn(folders: readonly Mounted[]): PathOf {
  return (path) => {
    const found = folders.find(([at]) => path === at || path.startsWith(`${at}/`));
    return found ? found[1] + path.slice(found[0].length) : path;
  };
}

function withPaths(text: string, pathOf: PathOf): string {
  return text.replace(/"(\/[^"\n]*)"/g, (_, path: string) => `"${pathOf(path)}"`);
}
