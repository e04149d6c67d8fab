import { type Stats, lstatSync } from "node:fs";
import { lstat } from "node:fs/promises";
import type { CollectionRole } from "../contract";
import { mapOrdered } from "./concurrency";
import { isMissing } from "./errors";
import { type StateAddress, type StateFile, fileOf, filesOf, rolesIn } from "./layout";
import { look } from "./look";
import type { Skipped } from "./skipped";
import { withOpened } from "./read";

/** A run's files, all of one base name: its parts first, its own file last. */
export interface RunOnDisk {
  readonly baseName: string;
  readonly files: readonly FoundFile[];
}

/** A file, with the stamp that it had before it was read. */
export interface FoundFile extends StateFile {
  readonly stamp: FileStamp;
}

/** The attributes of a file that a later write changes. */
export interface FileStamp {
  /** In bytes. */
  readonly size: number;
  readonly inode: number;
  /** When its content last changed, when anything of it last changed, and when this was seen; in ms since 1970. */
  readonly modified: number;
  readonly changed: number;
  readonly seen: number;
}

/** The maximum number of blocks of runs that are looked up at once. */
const blocksAtOnce = 2;

/** The maximum number of remembered names; whether any other run was listed before is looked up on disk. */
const maxRemembered = 200_000;

/**
 * Lists the runs on disk in blocks, each with all of its files: first the runs that have their own file, then the
 * remaining logs, approvals and artifacts. Keeps one block and a limited number of names in memory.
 *
 * @param skipped counts what `stateFiles` leaves out
 */
export async function* runsOnDisk(
  address: StateAddress,
  skipped: Skipped,
): AsyncGenerator<readonly RunOnDisk[]> {
  const roles = rolesIn(address);
  // The run's own file comes last, so that a reader of the other side sees no run without its parts.
  const ownLast = [...roles.filter((role) => role !== "runs"), "runs" as const];
  /** The base names of listed runs, and whether the run has a manifest. */
  const remembered = new Map<string, boolean>();
  const findRuns = async (names: readonly string[], of: readonly CollectionRole[]) => {
    const wanted = names.flatMap((name) => of.map((role) => fileOf(address, role, name)));
    const found = await Promise.all(wanted.map(findFile));
    return names.map((baseName, at) => {
      const ofRun = found.slice(at * of.length, (at + 1) * of.length);
      return { baseName, files: ofRun.filter((file) => file !== undefined) };
    });
  };
  for (const [at, role] of roles.entries()) {
    const look = async (listed: readonly StateFile[]) => {
      const names = listed.map(({ baseName }) => baseName);
      const left = names.filter((name) => !remembered.has(name));
      const hasRoom = remembered.size < maxRemembered;
      const known = hasRoom ? [] : await findRuns(left, roles.slice(0, at));
      const isNew = (_: string, at: number) => (known[at]?.files ?? []).length === 0;
      const runs = await findRuns(left.filter(isNew), ownLast);
      const isManifest = ({ role }: StateFile) => role === "artifacts";
      for (const { baseName, files } of hasRoom ? runs : []) {
        remembered.set(baseName, files.some(isManifest));
      }
      return runs;
    };
    const hasManifest = (baseName: string) => remembered.get(baseName) ?? false;
    const blocks = filesOf(address, role, skipped, hasManifest);
    for await (const runs of mapOrdered(blocks, blocksAtOnce, look)) {
      if (runs.length > 0) yield runs;
    }
  }
}

/** The base names of the runs whose own files were written last, at most `count`. Looks at each run's own file. */
export async function newestRuns(address: StateAddress, count: number): Promise<string[]> {
  const newest: FoundFile[] = [];
  const keepNewest = () =>
    newest.sort((one, other) => other.stamp.modified - one.stamp.modified).splice(count);
  for await (const listed of filesOf(address, "runs")) {
    for (const file of await Promise.all(listed.map(findFile))) {
      if (file && !Number.isNaN(file.stamp.modified)) newest.push(file);
    }
    // Not after each block: a sort costs more than its looks.
    if (newest.length > 8 * count) keepNewest();
  }
  keepNewest();
  return newest.map(({ baseName }) => baseName);
}

/** The number of runs that are looked up at once by their names. */
const namesAtOnce = 250;

/**
 * Finds runs by the base names of their files, in blocks, each with its files of some roles.
 *
 * @param roles in the order of the files
 */
export async function* runsNamed(
  address: StateAddress,
  names: readonly string[],
  roles: readonly CollectionRole[],
): AsyncGenerator<readonly RunOnDisk[]> {
  for (let at = 0; at < names.length; at += namesAtOnce) {
    const looks = names.slice(at, at + namesAtOnce).map(async (baseName) => {
      const ofRun = roles.map((role) => findFile(fileOf(address, role, baseName)));
      const files = await Promise.all(ofRun);
      return { baseName, files: files.filter((file) => file !== undefined) };
    });
    yield await Promise.all(looks);
  }
}

/** Looks up a file. A missing one, and what is none, is undefined. */
async function findFile(file: StateFile): Promise<FoundFile | undefined> {
  const seen = Date.now();
  try {
    const found = await look(
      () => lstatSync(file.path, { throwIfNoEntry: false }),
      () => lstat(file.path),
    );
    return found?.isFile() ? { ...file, stamp: toStamp(found, seen) } : undefined;
  } catch (error) {
    if (isMissing(error)) return undefined;
    // A file whose attributes cannot be read fails later, when its content is read.
    return { ...file, stamp: { size: NaN, inode: NaN, modified: NaN, changed: NaN, seen } };
  }
}

function toStamp({ size, ino, mtimeMs, ctimeMs }: Stats, seen: number): FileStamp {
  return { size, inode: ino, modified: mtimeMs, changed: ctimeMs, seen };
}

/**
 * Looks at a file through `open`, which asks the server of a network file system; `lstat` may be answered
 * from attributes that are cached for a minute (nfs(5), `actimeo`). Undefined if it cannot be opened.
 */
export async function stampByOpening(path: string): Promise<FileStamp | undefined> {
  const seen = Date.now();
  return withOpened(path, (_, stats) => toStamp(stats, seen));
}

/** Whether a file was neither written nor replaced between two looks. */
export function isSameStamp(one: FileStamp, other: FileStamp): boolean {
  const fields = ["size", "inode", "modified", "changed"] as const;
  return fields.every((field) => one[field] === other[field]);
}
