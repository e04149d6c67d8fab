import { readFile, readdir, rm, rmdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mapLimit } from "./concurrency";
import { WriteError, isMissing, isSystemError, refusalIn } from "./errors";
import { type JsonObject, memberOf } from "./json";
import { type StateAddress, type StateFile, filesOf } from "./layout";
import {
  type Stamp,
  isOneFile,
  makeFolder,
  moveFile,
  publish,
  readStamp,
  syncFolders,
} from "./publish";
import { type RawText, readTexts } from "./read";
import { objectIn } from "./records";
import { isUnfinished } from "./unfinished";

/**
 * The folder below the state directory for the files of held runs. Each fence has a folder in it, with the same layout
 * as the state directory. No service and no import reads it.
 */
export const heldFolder = "held";

/**
 * The folder below the state directory for conflict copies, with the same layout. Next to its file, a copy would be
 * a second run to a service that lists the folder.
 */
export const conflictsFolder = "conflicts";

interface Moved {
  /** The runs whose files were moved. */
  readonly runs: string[];
  /** The runs whose files stay, because another file, which is never overwritten, is at the destination. */
  readonly destinationTaken: string[];
}

/** Points an address at each folder of held files, which is a state directory of its own; the newest first. */
export async function heldAddresses<Address extends StateAddress>(
  address: Address,
): Promise<Address[]> {
  const held = join(address.root, heldFolder);
  try {
    const names = (await readdir(held)).sort().reverse();
    return names.map((name) => ({ ...address, root: join(held, name) }));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Points an address at the conflict copies, which form a state directory of their own. */
export function toConflictsAddress<Address extends StateAddress>(address: Address): Address {
  return { ...address, root: join(address.root, conflictsFolder) };
}

/**
 * Holds the files of runs, because a worker would execute their steps again. Logs, approvals and artifacts stay:
 * nothing is executed from them. They go to the fence's folder or, if a place in it is taken, to a further one.
 *
 * @param fence when the fence was drawn, in ISO 8601
 * @throws WriteError if a file cannot be moved: a worker must not start then
 */
export async function holdRuns(
  address: StateAddress,
  runs: readonly RunFile[],
  fence: string,
): Promise<void> {
  // Not every volume can have a colon in a name.
  const folder = join(address.root, heldFolder, fence.replaceAll(":", "-"));
  const touched: string[] = [];
  for (const { file } of runs) {
    try {
      for (let at = 1, isMoved = false; !isMoved; at += 1) {
        const to = join(at === 1 ? folder : `${folder}.${at}`, file.name);
        await makeFolder(dirname(to));
        isMoved = await moveOrCopy(file.path, to);
        touched.push(dirname(file.path), dirname(to));
      }
    } catch (error) {
      if (!isSystemError(error)) throw error;
      const advice = `The fence stays open. Let this user move files from ${address.folders.runs} to ${heldFolder}/.`;
      throw new WriteError(`Holding ${file.name}`, error, advice);
    }
  }
  await syncFolders(touched);
}

/** Lists the held runs. */
export async function listHeldRuns(address: StateAddress): Promise<RunFile[]> {
  const runs: RunFile[] = [];
  for (const held of await heldAddresses(address)) {
    for await (const { file, runId = file.baseName } of readRunFiles(held)) {
      runs.push({ runId, file });
    }
  }
  return runs;
}

/**
 * Completes interrupted moves, which left one file under both names, by deleting the held one.
 *
 * @param held one of `heldAddresses`
 * @returns the runs that are still held there
 */
export async function completeMoves(address: StateAddress, held: StateAddress): Promise<RunFile[]> {
  const kept: RunFile[] = [];
  for await (const { file, runId = file.baseName } of readRunFiles(held)) {
    if (await isOneFile(file.path, join(address.root, file.name))) {
      await rm(file.path, { force: true });
    } else kept.push({ runId, file });
  }
  await removeEmpty(held);
  return kept;
}

/** Moves the files of held runs back to the runs' folder. @param held one of `heldAddresses` */
export async function unholdRuns(
  address: StateAddress,
  held: StateAddress,
  runs: readonly RunFile[],
): Promise<Moved> {
  const moved: Moved = { runs: [], destinationTaken: [] };
  if (runs.length > 0) await makeFolder(join(address.root, address.folders.runs));
  for (const { runId, file } of runs) {
    const isMoved = await moveOrCopy(file.path, join(address.root, file.name));
    (isMoved ? moved.runs : moved.destinationTaken).push(runId);
  }
  const places = runs.flatMap(({ file }) => [
    dirname(file.path),
    join(address.root, dirname(file.name)),
  ]);
  await syncFolders(places);
  await removeEmpty(held);
  return moved;
}

/** Moves a file; copies and deletes it if the destination is on another volume. False if another file is there. */
async function moveOrCopy(path: string, to: string): Promise<boolean> {
  try {
    return await moveFile(path, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
  }
  try {
    await publish(to, undefined, async (file) => file.writeFile(await readFile(path)));
  } catch (error) {
    refusalIn(error);
    if (!(await isOneFile(path, to))) return false;
  }
  await rm(path, { force: true });
  return true;
}

async function removeEmpty({ root, folders }: StateAddress): Promise<void> {
  const held = dirname(root);
  for (let path = join(root, folders.runs); path.startsWith(held); path = dirname(path)) {
    try {
      await rmdir(path);
    } catch {
      return;
    }
  }
}

/** A run's file with the id inside. */
export interface RunFile {
  readonly runId: string;
  readonly file: StateFile;
}

/** Maximum number of files read at once; on a network volume each takes some milliseconds. */
const filesAtOnce = 16;

/** Files by what `stampedName` says of them. */
type StampedNames = Pick<ReadonlySet<string>, "has">;

/** A file's name with its stamp. */
export function stampedName(name: string, stamp: Stamp): string {
  return `${name} ${stamp}`;
}

/**
 * Lists the runs on disk that may still execute steps. Omits unreadable files, because no worker executes them.
 *
 * @param finished files whose runs were finished: one that has its stamp still is not read
 */
export async function listUnfinishedRuns(
  address: StateAddress,
  finished?: StampedNames,
): Promise<RunFile[]> {
  const runs: RunFile[] = [];
  for await (const { file, runId, mayExecute } of readRunFiles(address, finished)) {
    if (runId !== undefined && mayExecute) runs.push({ runId, file });
  }
  return runs;
}

/** The runs' files in a folder, as far as they are not known, with the stamps that they had before they were read. */
export async function* readRunFiles(address: StateAddress, known?: StampedNames) {
  for await (const files of filesOf(address, "runs")) {
    const read = await mapLimit(filesAtOnce, files, async (file) => {
      const stamp = await readStamp(file.path);
      if (stamp !== undefined && known?.has(stampedName(file.name, stamp))) return [];
      const run = await runIn(file);
      const id = run && memberOf(run, "runId");
      const runId = typeof id === "string" ? id : undefined;
      return [{ file, stamp, runId, mayExecute: run !== undefined && isUnfinished(run) }];
    });
    yield* read.flat();
  }
}

/**
 * Whether the run in a text may still execute steps. A text that is unreadable or holds no run counts as unfinished.
 */
export function mayBeUnfinished(text: RawText | undefined): boolean {
  const run = text && objectIn(text);
  return run === undefined || isUnfinished(run);
}

/** The run in a file; undefined if it holds none. */
export async function runIn(file: StateFile): Promise<JsonObject | undefined> {
  for await (const [text] of readTexts(file)) return text && objectIn(text);
  return undefined;
}
