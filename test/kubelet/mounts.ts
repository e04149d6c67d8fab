import { join } from "node:path";
import type { CoreV1Api, V1Pod } from "@kubernetes/client-node";

/** A path of a container as one of this machine. */
export type PathOf = (path: string) => string;

/**
 * How a pod's claims are seen from its first container: a path below a mount is one below the folder
 * of the claim's volume, which is of the kind `hostPath`. Every other path is this machine's own.
 *
 * @throws Error where a claim is not bound to such a volume
 */
export async function mountsOf(core: CoreV1Api, { metadata, spec }: V1Pod): Promise<PathOf> {
  const namespace = metadata?.namespace ?? "";
  const mounts = (spec?.containers[0]?.volumeMounts ?? []).map(async (mount) => {
    const volume = spec?.volumes?.find(({ name }) => name === mount.name);
    const claim = volume?.persistentVolumeClaim?.claimName;
    if (claim === undefined) return [];
    const bound = await core.readNamespacedPersistentVolumeClaim({ name: claim, namespace });
    const name = bound.spec?.volumeName ?? "";
    const path = (await core.readPersistentVolume({ name })).spec?.hostPath?.path;
    if (path === undefined) throw new Error(`the claim ${claim} has no folder on this machine`);
    return [[mount.mountPath, join(path, mount.subPath ?? "")] as const];
  });
  const folders = (await Promise.all(mounts)).flat();
  return (path) => {
    const found = folders.find(([at]) => path === at || path.startsWith(`${at}/`));
    return found ? found[1] + path.slice(found[0].length) : path;
  };
}
