import { chmod, chown, lstat } from "node:fs/promises";

/**
 * Lets the services, which have a user of their own, go on with what is written here: gives a file the owner,
 * group and permissions of the one that it replaces, and what is new those of the folder around it. As far
 * as this user may, and the volume has such: only root gives files away.
 *
 * @param made the file or folder that was written
 * @param model what it replaces, or the folder around it
 */
export async function shareLike(made: string, model: string): Promise<void> {
  const [own, like] = await Promise.all([made, model].map((path) => lstat(path).catch(() => null)));
  if (!own || !like) return;
  if (own.uid !== like.uid || own.gid !== like.gid) {
    const ofGroup = () => chown(made, own.uid, like.gid);
    await chown(made, like.uid, like.gid).catch(ofGroup).catch(ignore);
  }
  // That a folder may be searched says nothing of a file in it.
  const mask = own.isDirectory() || like.isFile() ? 0o7777 : 0o666;
  if (own.mode !== like.mode) await chmod(made, like.mode & mask).catch(ignore);
}

const ignore = () => undefined;
