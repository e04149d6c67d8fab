import { randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, copyFile, lstat, mkdir, open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { shareLike } from "./access";
import { Refusal, WriteError } from "./errors";
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

/**
 * Where the unfinished file of a place is written: in its folder, and no import reads it. The name
 * is another one each time, because several machines may export into one folder.
 */
function asideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}
