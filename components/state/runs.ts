import { type Stats, lstatSync } from "node:fs";
import { lstat } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
import type { CollectionRole } from "../contract";
import { mapLimit, mapOrdered } from "./concurrency";
import { isMissing, refusalIn } from "./errors";
import { parse } from "./json";
import {
  type Skipped,
  type StateAddress,
  type StateFile,
  fileOf,
  filesOf,
  rolesIn,
} from "./layout";
import { type Chunk, type RawText, type ReadStart, readChunks } from "./read";
import { type FileStat, isSameStat, lookAtAll, statByOpening, toFileStat } from "./file-stat";

/** A run's files, all of one base name: its parts first, its own file last. */
export interface RunOnDisk {
  readonly baseName: string;
  readonly files: readonly FoundFile[];
}

/** A file, with the stat that it had before it was read. */
export interface FoundFile extends StateFile {
  readonly stat: FileStat;
}

/** Maximum number of blocks of runs that are looked up at once. */
const blocksAtOnce = 2;

/** Maximum number of remembered names; for any other run, a lookup on disk tells whether it was listed before. */
const maxRemembered = 200_000;

/**
 * Lists the runs on disk in blocks, each with all of its files: first the runs that have their own file, then the
 * remaining logs, approvals and artifacts. Keeps one block and a limited number of names in memory.
 *
 * @param skipped counts the entries that `stateFiles` omits
 */
export async function* runsOnDisk(
  address: StateAddress,
  skipped: Skipped,
): AsyncGenerator<readonly RunOnDisk[]> {
  const roles = rolesIn(address);
  // The run's own file comes last, so that no reader on the other side sees a run without its parts.
  const ownLast = [...roles.filter((role) => role !== "runs"), "runs" as const];
  /** The base names of listed runs, and whether the run has a manifest. */
  const remembered = new Map<string, boolean>();
  for (const [at, role] of roles.entries()) {
    const look = async (listed: readonly StateFile[]) => {
      const names = listed.map(({ baseName }) => baseName);
      const left = names.filter((name) => !remembered.has(name));
      const hasRoom = remembered.size < maxRemembered;
      const known = hasRoom ? [] : await findRuns(address, left, roles.slice(0, at));
      const isNew = (_: string, at: number) => (known[at]?.files ?? []).length === 0;
      const runs = await findRuns(address, left.filter(isNew), ownLast);
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

/** Maximum number of runs among which the newest are searched. */
const lookedForNewest = 10_000;

/**
 * Finds the base names of the runs whose own files were written last, at most `count`. In a folder of more than 10,000
 * runs it checks only every second one, every fourth, and so on, in the order of the file system.
 */
export async function newestRuns(address: StateAddress, count: number): Promise<string[]> {
  let looked: StateFile[] = [];
  let listed = 0;
  let every = 1;
  for await (const files of filesOf(address, "runs")) {
    for (const file of files) {
      if (listed % every === 0) looked.push(file);
      listed += 1;
      if (looked.length <= lookedForNewest) continue;
      looked = looked.filter((_, at) => at % 2 === 0);
      every *= 2;
    }
  }
  const found = (await findFiles(looked)).filter((file) => file !== undefined);
  return found
    .filter(({ stat }) => !Number.isNaN(stat.modified))
    .sort((one, other) => other.stat.modified - one.stat.modified)
    .slice(0, count)
    .map(({ baseName }) => baseName);
}

/** Number of runs that are looked up at once by their names. */
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
    yield findRuns(address, names.slice(at, at + namesAtOnce), roles);
  }
}

/** Finds the files of runs, for each run in the order of the roles. */
async function findRuns(
  address: StateAddress,
  names: readonly string[],
  roles: readonly CollectionRole[],
): Promise<RunOnDisk[]> {
  const wanted = names.flatMap((name) => roles.map((role) => fileOf(address, role, name)));
  const found = await findFiles(wanted);
  return names.map((baseName, at) => {
    const ofRun = found.slice(at * roles.length, (at + 1) * roles.length);
    return { baseName, files: ofRun.filter((file) => file !== undefined) };
  });
}

/** Looks up files. The result is undefined for a missing file, and for an entry that is not a file. */
async function findFiles(files: readonly StateFile[]): Promise<(FoundFile | undefined)[]> {
  const seen = Date.now();
  const toFound = (file: StateFile, found: Stats | undefined) =>
    found?.isFile() ? { ...file, stat: toFileStat(found, seen) } : undefined;
  const toLost = (file: StateFile, error: unknown) => {
    if (isMissing(error)) return undefined;
    // A file whose attributes cannot be read fails later, when its content is read.
    return { ...file, stat: { size: NaN, inode: NaN, modified: NaN, changed: NaN, seen } };
  };
  const atOnce = (file: StateFile) => {
    try {
      return toFound(file, lstatSync(file.path, { throwIfNoEntry: false }));
    } catch (error) {
      return toLost(file, error);
    }
  };
  const inPool = (file: StateFile) =>
    lstat(file.path).then(
      (found) => toFound(file, found),
      (error: unknown) => toLost(file, error),
    );
  return lookAtAll(files, atOnce, inPool);
}

/** A file that was written less than this many ms ago may be half-written: its writer truncates it first. */
export const freshMs = 5_000;

/** Maximum number of times that a fresh file is read again. */
export const maxRereads = 2;

/** How long to wait before a fresh file is read again. */
export const pauseMs = 1_000;

/**
 * Reads a file, and rereads one written a moment ago that does not parse or that changed while it was read: a service
 * may be writing it.
 */
export async function readSettled(
  { file, bytes }: { readonly file: FoundFile; readonly bytes?: Buffer | undefined },
  start: ReadStart,
) {
  if (file.role === "logs") return { file, chunks: readChunks(file, start, bytes) };
  for (let reread = 0; ; reread += 1) {
    const chunks: Chunk[] = [];
    const again = reread === 0 ? bytes : undefined;
    for await (const chunk of readChunks(file, start, again)) chunks.push(chunk);
    const isOld = Date.now() - file.stat.modified >= freshMs;
    if (isOld || reread === maxRereads) return { file, chunks };
    const isWhole = chunks.every(({ texts }) => texts.every(isParsed));
    if (isWhole && !(await findChanged([file])).has(file.name)) return { file, chunks };
    await setTimeout(pauseMs);
    file = { ...file, stat: (await statByOpening(file.path)) ?? file.stat };
  }
}

function isParsed(text: RawText): boolean {
  try {
    parse(text);
    return true;
  } catch (error) {
    refusalIn(error);
    return false;
  }
}

/** Number of files that are opened at once for a stat. */
export const statsAtOnce = 16;

/** Finds the names of files that changed since they were read, or are gone. */
export async function findChanged(files: Iterable<FoundFile>): Promise<ReadonlySet<string>> {
  const names = await mapLimit(statsAtOnce, [...files], async ({ name, path, stat }) => {
    const now = await statByOpening(path);
    return isSameStat(now, stat) ? [] : [name];
  });
  return new Set(names.flat());
}
