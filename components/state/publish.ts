import { randomBytes } from "node:crypto";
import { type Dirent, constants } from "node:fs";
import {
  type FileHandle,
  copyFile,
  lstat,
  mkdir,
  open,
  readdir,
  rename,
  rm,
} from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { type CollectionRole, collectionRoles } from "../contract";
import { shareLike } from "./access";
import type { StateAddress } from "./address";
import { blocksOf } from "./ahead";
import { Refusal, WriteError } from "./errors";
import { readFolder } from "./list";
import { moveFile } from "./move";

/** What tells whether a file is still the one that was read; undefined where there was none. */
export type Stamp = string | undefined;

/** The stamp of a file as it is now. */
export async function stampOf(path: string): Promise<Stamp> {
  const found = await lstat(path, { bigint: true }).catch(() => undefined);
  return found && [found.ino, found.size, found.mtimeNs].join(":");
}

const whatToDo: Readonly<Record<string, string>> = {
  ENOSPC: "Free space on the disk",
  EDQUOT: "Free space on the disk",
  EFBIG: "Raise the maximum file size of this process",
  EROFS: "Mount the file system read-write",
  EACCES: "Give this user write permission there",
  EPERM: "Give this user write permission there",
};

/**
 * Publishes a file complete or not at all: it is written aside, brought to the disk and then gets
 * its name. A file that came or changed since it was read stays as it is. The services may go on with it
 * as with the file before, or with its folder (`shareLike`).
 *
 * @param read the file's stamp when it was read
 * @param write writes the content, or what follows where `continues`; if it gives false, nothing is
 *   published
 * @param continues begins with what the file has
 * @throws Refusal where the file came or changed meanwhile
 * @throws WriteError where there is no room or no permission
 */
export async function publish(
  path: string,
  read: Stamp,
  write: (file: FileHandle) => Promise<unknown>,
  continues = false,
): Promise<void> {
  const aside = asideOf(path);
  const folder = dirname(path);
  try {
    const made = await mkdir(folder, { recursive: true });
    if (made !== undefined) await shareLike(folder, dirname(made));
    if (continues) await copyFile(path, aside, constants.COPYFILE_FICLONE);
    const file = await open(aside, continues ? "a" : "w");
    let written: unknown;
    try {
      written = await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    if (written === false) await rm(aside);
    else {
      await shareLike(aside, read === undefined ? folder : path);
      await giveName(aside, path, read);
    }
  } catch (error) {
    // What failed is what is said, not that nothing could be cleared away after it.
    await rm(aside, { force: true }).catch(() => undefined);
    if (isSystemError(error)) throw notPublished(path, error);
    throw error;
  }
}

async function giveName(aside: string, path: string, read: Stamp): Promise<void> {
  if ((await stampOf(path)) !== read) throw refuseChanged();
  if (read !== undefined) await rename(aside, path);
  else if (!(await moveFile(aside, path))) throw refuseChanged();
}

function notPublished(path: string, cause: NodeJS.ErrnoException): WriteError {
  const fix = whatToDo[cause.code ?? ""] ?? "Fix the cause";
  return new WriteError(
    `Writing ${path}`,
    cause,
    `No file is half-written. ${fix}, then export again: it resumes where it stopped.`,
  );
}

function refuseChanged(): Refusal {
  return new Refusal("conflict", "its file changed during the export; export again");
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && "syscall" in error;
}

const ours = /^\..+\.[0-9a-f]{12}\.tmp$/;

/** An export at work writes to its unfinished file more often than that. */
const leftAfterMs = 60 * 60_000;

/**
 * Where the unfinished file of a place is written: in its folder, and no import reads it. The name
 * is another one each time, because several machines may export into one folder.
 */
export function asideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

/** Removes the unfinished files of exports that were killed, once they are an hour old. */
export async function removeLeftovers(address: StateAddress): Promise<void> {
  for (const role of collectionRoles) {
    try {
      await removeBelow(address, role);
    } catch (error) {
      // They are in nobody's way; the export itself says where it may not write.
      if (!(error instanceof Error && "syscall" in error)) throw error;
    }
  }
}

async function removeBelow({ root, layout }: StateAddress, role: CollectionRole): Promise<void> {
  const folder = join(root, layout[role]);
  if (role !== "artifacts") {
    for await (const { name } of readFolder(folder)) await removeOld(folder, name);
    return;
  }
  const removeOfRun = async (run: Dirent) => {
    if (!run.isDirectory()) return;
    const ofRun = join(folder, run.name, dirname(layout.artifactManifest));
    // A run may have no such folder.
    const names = await readdir(ofRun).catch(() => []);
    for (const name of names) await removeOld(ofRun, name);
  };
  for await (const runs of blocksOf(readFolder(folder), foldersAtOnce)) {
    await Promise.all(runs.map(removeOfRun));
  }
}

/** So many runs' folders are read at once: on a volume across a network each takes some milliseconds. */
const foldersAtOnce = 32;

async function removeOld(folder: string, name: string): Promise<void> {
  if (!ours.test(name)) return;
  const path = join(folder, name);
  const found = await lstat(path).catch(() => undefined);
  if (!found?.isFile() || Date.now() - found.mtimeMs < leftAfterMs) return;
  await rm(path, { force: true });
}
