import { link, lstat, readFile, rename, rm } from "node:fs/promises";

/** Codes of a volume that has no hard links (SMB, FAT, many of FUSE), or lets this user make none. */
const noLinks: ReadonlySet<unknown> = new Set(["ENOTSUP", "EPERM", "ENOSYS"]);

/**
 * Gives a file of a volume another name there, if no other file has it. A link, unlike a renaming, never
 * takes the place of a file that comes in between; on a volume without links the place is looked at right
 * before the file is renamed.
 *
 * @returns false if another file has the name: both stay
 */
export async function moveFile(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (noLinks.has(code)) return renameFile(from, to);
    if (code !== "EEXIST") throw error;
    if (!(await isOneFile(from, to))) return false;
  }
  await rm(from, { force: true });
  return true;
}

async function renameFile(from: string, to: string): Promise<boolean> {
  if (await lstat(to).catch(() => undefined)) return false;
  await rename(from, to);
  return true;
}

/** Whether a move that was interrupted left one file under both names; on two volumes, a copy of it. */
export async function isOneFile(one: string, other: string): Promise<boolean> {
  // A number does not tell all inodes of a large file system apart.
  const [a, b] = await Promise.all(
    [one, other].map((path) => lstat(path, { bigint: true }).catch(() => undefined)),
  );
  if (a === undefined || b === undefined) return false;
  if (a.dev === b.dev) return a.ino === b.ino;
  return (await readFile(one)).equals(await readFile(other));
}
