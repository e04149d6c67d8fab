import { randomBytes } from "node:crypto";
import { constants, lstatSync, renameSync } from "node:fs";
import * as fs from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { mapLimit } from "./concurrency";
import { Refusal, WriteError, isSystemError } from "./errors";
import { type FileStat, isSameStat, toFileStat } from "./file-stat";

const adviceByCode: Readonly<Record<string, string>> = {
  ENOSPC: "Free space on the disk",
  EDQUOT: "Free space on the disk",
  EFBIG: "Raise the maximum file size of this process",
  EROFS: "Mount the file system read-write",
  EACCES: "Give this user write permission there",
  EPERM: "Give this user write permission there",
};

/** Options of `writeAside`. By default it writes all of a file and replaces the former one. */
interface Aside {
  /** Whether the temporary file starts as a copy of the file, so that `write` appends to it. */
  readonly continues?: boolean;
  /** Renames the temporary file to its final name. */
  readonly moveInto?: (temporary: string) => Promise<unknown>;
}

/**
 * Writes a file atomically: writes a temporary file beside it, syncs that and renames it, so that a reader finds the
 * former file or the new one. Until `syncFolders` syncs the folder, a crash may take the rename back.
 *
 * @param write writes the content; the former file stays if it returns false
 */
export async function writeAside(
  path: string,
  write: (file: fs.FileHandle) => Promise<unknown>,
  { continues = false, moveInto = (temporary) => fs.rename(temporary, path) }: Aside = {},
): Promise<void> {
  const temporary = temporaryPath(path);
  try {
    if (continues) await fs.copyFile(path, temporary, constants.COPYFILE_FICLONE);
    const file = await fs.open(temporary, continues ? "a" : "w");
    let written: unknown;
    try {
      written = await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    if (written === false) await fs.rm(temporary);
    else await moveInto(temporary);
  } catch (error) {
    // Report the failure itself, not a failure of the clean-up.
    await fs.rm(temporary, { force: true }).catch(ignore);
    throw error;
  }
}

/**
 * Creates a name beside a file: hidden, so that no import reads it, and random, because several machines may write
 * there.
 */
export function temporaryPath(path: string): string {
  // guarantee: no two writers share a temporary file
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

/**
 * Publishes a file of the services as `writeAside` does. A file that appeared or changed since it was read stays. The new
 * file keeps the owner and permissions of the former one, or of its folder.
 *
 * @param read the file's stat when it was read
 * @param continues whether `write` appends to the file's content
 * @throws Refusal if the file appeared or changed meanwhile
 * @throws WriteError if there is no space or no permission
 */
export async function publish(
  path: string,
  read: FileStat | undefined,
  write: (file: fs.FileHandle) => Promise<unknown>,
  continues = false,
): Promise<void> {
  const folder = dirname(path);
  const moveInto = async (temporary: string) => {
    await copyOwnership(temporary, read === undefined ? folder : path);
    // guarantee: no write between an export's last look and its rename is lost
    const isMoved =
      read === undefined ? await moveFile(temporary, path) : replaceFile(temporary, path, read);
    if (!isMoved) throw new Refusal("conflict", "its file changed during the export; export again");
  };
  try {
    await makeFolder(folder);
    await writeAside(path, write, { continues, moveInto });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const fix = adviceByCode[error.code ?? ""] ?? "Fix the cause";
    const advice = `No file is half-written. ${fix}, then export again: it resumes where it stopped.`;
    throw new WriteError(`Writing ${path}`, error, advice);
  }
}

const ignore = () => undefined;

/** Codes of a file system that cannot sync a folder, and of a folder that is gone. */
const noSyncCodes: ReadonlySet<unknown> = new Set(["EINVAL", "ENOTSUP", "EPERM", "ENOENT"]);

const foldersAtOnce = 8;

/** Makes the names in folders durable, unless the file system cannot. */
export async function syncFolders(folders: Iterable<string>): Promise<void> {
  await mapLimit(foldersAtOnce, [...new Set(folders)], async (path) => {
    let folder: fs.FileHandle | undefined;
    try {
      folder = await fs.open(path, "r");
      await folder.sync();
    } catch (error) {
      if (!noSyncCodes.has((error as NodeJS.ErrnoException).code)) throw error;
    } finally {
      await folder?.close();
    }
  });
}

/** Creates a folder durably, with its missing parents. All of them get the owner of the nearest existing parent. */
export async function makeFolder(path: string): Promise<void> {
  const made = await fs.mkdir(path, { recursive: true });
  if (made === undefined) return;
  for (let one = path; one !== dirname(made); one = dirname(one)) {
    await copyOwnership(one, dirname(made));
    await syncFolders([dirname(one)]);
  }
}

/**
 * Replaces a file that is as it was read, synchronously: with the thread pool, others may write between stat and
 * rename.
 */
function replaceFile(from: string, to: string, read: FileStat): boolean {
  const now = lstatSync(to, { bigint: false, throwIfNoEntry: false });
  if (!now || !isSameStat(toFileStat(now), read)) return false;
  renameSync(from, to);
  return true;
}

// The services run as another user, so a file gets the owner, group and permissions of the file that it replaces, or of
// its folder if it is new. Best effort: only root may change an owner, and not every volume has owners.
async function copyOwnership(path: string, from: string): Promise<void> {
  const look = (path: string) => fs.lstat(path).catch(ignore);
  const [current, wanted] = await Promise.all([look(path), look(from)]);
  if (!current || !wanted) return;
  if (current.uid !== wanted.uid || current.gid !== wanted.gid) {
    const ofGroup = () => fs.chown(path, current.uid, wanted.gid);
    await fs.chown(path, wanted.uid, wanted.gid).catch(ofGroup).catch(ignore);
  }
  // A folder's search permission is not a file's.
  const mask = current.isDirectory() || wanted.isFile() ? 0o7777 : 0o666;
  if (current.mode !== wanted.mode) await fs.chmod(path, wanted.mode & mask).catch(ignore);
}

/** Codes of a volume that has no hard links (SMB, FAT, many with FUSE), or on which this user may not create them. */
const noLinkCodes: ReadonlySet<unknown> = new Set(["ENOTSUP", "EPERM", "ENOSYS"]);

/**
 * Renames a file on its volume unless another file has the name. A hard link, unlike a rename, never replaces a file
 * that appears meanwhile; on a volume without hard links, the name is checked right before a rename.
 *
 * @returns false if another file has the name: both stay
 */
export async function moveFile(from: string, to: string): Promise<boolean> {
  try {
    await fs.link(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (noLinkCodes.has(code)) {
      if (await fs.lstat(to).catch(ignore)) return false;
      await fs.rename(from, to);
      return true;
    }
    if (code !== "EEXIST") throw error;
    if (!(await isOneFile(from, to))) return false;
  }
  await fs.rm(from, { force: true });
  return true;
}

/** Whether two paths are one file, as an interrupted move leaves it; on two volumes, files with equal content. */
export async function isOneFile(one: string, other: string): Promise<boolean> {
  // As plain numbers, two inodes of a large file system could look equal.
  const look = (path: string) => fs.lstat(path, { bigint: true }).catch(ignore);
  const [a, b] = await Promise.all([look(one), look(other)]);
  if (a === undefined || b === undefined) return false;
  if (a.dev === b.dev) return a.ino === b.ino;
  return (await fs.readFile(one)).equals(await fs.readFile(other));
}
