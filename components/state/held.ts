import { mkdir, readFile, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { mapLimit } from "./concurrency";
import { refusalIn } from "./errors";
import { type JsonObject, memberOf } from "./json";
import { type StateAddress, type StateFile, filesOf, layout } from "./layout";
import { isOneFile, moveFile, publish } from "./publish";
import { type RawText, readTexts } from "./read";
import { objectIn } from "./records";
import { isUnfinished } from "./unfinished";

/**
 * The folder below the state directory for the files of held runs (decision 10), with the same layout as the state
 * directory. No service and no import reads it.
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

/** Points an address at the held files, which form a state directory of their own. */
export function toHeldAddress<Address extends StateAddress>(address: Address): Address {
  return { ...address, root: join(address.root, heldFolder) };
}

/** Points an address at the conflict copies, which form a state directory of their own. */
export function toConflictsAddress<Address extends StateAddress>(address: Address): Address {
  return { ...address, root: join(address.root, conflictsFolder) };
}

/**
 * Holds the files of runs that are unfinished on disk, because a worker would execute their steps again. Logs,
 * approvals and artifacts stay: nothing is executed from them.
 *
 * @param runIds the runs that may be held; default all
 */
export async function holdRuns(address: StateAddress, runIds?: readonly string[]): Promise<Moved> {
  // Finding them reads every run's file, because the id inside counts, not the name.
  if (runIds?.length === 0) return { runs: [], destinationTaken: [] };
  const wanted = runIds && new Set(runIds);
  const found: RunFile[] = [];
  for await (const run of listUnfinishedRuns(address)) {
    if (wanted?.has(run.runId) ?? true) found.push(run);
  }
  return moveAll(found, join(toHeldAddress(address).root, layout.runs));
}

/** Lists the held runs. */
export async function listHeldRuns(address: StateAddress): Promise<RunFile[]> {
  const runs: RunFile[] = [];
  const held = readRunFiles(toHeldAddress(address));
  for await (const { file, runId = file.baseName } of held) runs.push({ runId, file });
  return runs;
}

/**
 * Completes interrupted moves, which left one file under both names, by deleting the held one.
 *
 * @returns the runs that are still held
 */
export async function completeMoves(
  address: StateAddress,
  held: readonly RunFile[],
): Promise<RunFile[]> {
  const kept: RunFile[] = [];
  for (const run of held) {
    const { path } = run.file;
    if (await isOneFile(path, join(address.root, layout.runs, basename(path)))) {
      await rm(path, { force: true });
    } else kept.push(run);
  }
  if (kept.length < held.length) await removeEmpty(address);
  return kept;
}

/** Moves the files of held runs back to the runs' folder. */
export async function unholdRuns(address: StateAddress, runs: readonly RunFile[]): Promise<Moved> {
  const moved = await moveAll(runs, join(address.root, layout.runs));
  await removeEmpty(address);
  return moved;
}

async function moveAll(runs: readonly RunFile[], to: string): Promise<Moved> {
  const moved: Moved = { runs: [], destinationTaken: [] };
  if (runs.length > 0) await mkdir(to, { recursive: true });
  for (const { runId, file } of runs) {
    const isMoved = await moveOrCopy(file.path, join(to, basename(file.path)));
    (isMoved ? moved.runs : moved.destinationTaken).push(runId);
  }
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

async function removeEmpty({ root }: StateAddress): Promise<void> {
  const held = join(root, heldFolder);
  for (let path = join(held, layout.runs); path.startsWith(held); path = dirname(path)) {
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

/** Lists the runs on disk that may still execute steps. Omits unreadable files, because no worker executes them. */
export async function* listUnfinishedRuns(address: StateAddress): AsyncGenerator<RunFile> {
  for await (const { file, runId, mayExecute } of readRunFiles(address)) {
    if (runId !== undefined && mayExecute) yield { runId, file };
  }
}

async function* readRunFiles(address: StateAddress) {
  for await (const files of filesOf(address, "runs")) {
    yield* await mapLimit(filesAtOnce, files, async (file) => {
      const run = await runIn(file);
      const id = run && memberOf(run, "runId");
      const runId = typeof id === "string" ? id : undefined;
      return { file, runId, mayExecute: run !== undefined && isUnfinished(run) };
    });
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
