import { link, lstat, mkdir, rm, rmdir } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { memberOf } from "../stages/unpack";
import { stateFiles } from "../stages/list";
import type { StateAddress, StateFolder, StateFile } from "../state-folder";
import { runIn, unfinishedRuns, type RunFile } from "./unfinished";

/**
 * The folder below the state root for the files of runs that are held (decision 10), with the
 * layout of the root inside. No service and no import reads it.
 */
export const heldFolder = "held";

/** What became of run files that were to be moved. */
export interface Moved {
  /** The runs whose files were moved. */
  readonly runs: string[];
  /** The runs whose files stay, because another file has the place; never overwritten. */
  readonly inTheWay: string[];
}

/** The address of what is held: a state root of its own. */
export function heldAddress<Address extends StateAddress>(address: Address): Address {
  return { ...address, root: join(address.root, heldFolder) };
}

/**
 * Sets aside the run files of runs that would be executed again: those of `runIds` that are still
 * unfinished on disk. Logs, approvals and artifacts stay, since nothing is executed from them.
 */
export async function holdRuns(folder: StateFolder, runIds: readonly string[]): Promise<Moved> {
  const wanted = new Set(runIds);
  const found: RunFile[] = [];
  for await (const run of unfinishedRuns(folder)) if (wanted.has(run.runId)) found.push(run);
  const to = join(folder.root, heldFolder, folder.layout.runs);
  return moveAll(found, to);
}

/** The runs whose files are held. */
export async function heldRuns(address: StateAddress): Promise<RunFile[]> {
  const { root, layout } = heldAddress(address);
  const folders = [{ role: "runs" as const, path: join(root, layout.runs) }];
  const skipped = { hidden: 0, temporary: 0, links: 0 };
  const runs: RunFile[] = [];
  for await (const file of stateFiles({ root, layout, folders }, skipped)) {
    const run = await runIn(file);
    const runId = run && memberOf(run, "runId");
    runs.push({ runId: typeof runId === "string" ? runId : file.stem, file });
  }
  return runs;
}

/**
 * Ends moves that were interrupted, which left one file under both names: the one that is held goes.
 *
 * @returns the runs of `held` that are held
 */
export async function endMoves(
  address: StateAddress,
  held: readonly RunFile[],
): Promise<RunFile[]> {
  const aside: RunFile[] = [];
  for (const run of held) {
    const { path } = run.file;
    if (await isOneFile(path, join(address.root, address.layout.runs, basename(path)))) {
      await rm(path, { force: true });
    } else aside.push(run);
  }
  if (aside.length < held.length) await removeEmpty(address);
  return aside;
}

/** Puts files that are held back in their places. */
export async function putBack(address: StateAddress, runs: readonly RunFile[]): Promise<Moved> {
  const moved = await moveAll(runs, join(address.root, address.layout.runs));
  await removeEmpty(address);
  return moved;
}

async function moveAll(runs: readonly RunFile[], to: string): Promise<Moved> {
  const moved: Moved = { runs: [], inTheWay: [] };
  if (runs.length > 0) await mkdir(to, { recursive: true });
  for (const { runId, file } of runs) {
    const done = await moveFile(file, to);
    (done ? moved.runs : moved.inTheWay).push(runId);
  }
  return moved;
}

/** A link, unlike a renaming, never takes the place of another file. */
async function moveFile({ path }: StateFile, folder: string): Promise<boolean> {
  const to = join(folder, basename(path));
  try {
    await link(path, to);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    if (!(await isOneFile(path, to))) return false;
  }
  await rm(path, { force: true });
  return true;
}

/** Whether a move that was interrupted left one file under both names. */
async function isOneFile(one: string, other: string): Promise<boolean> {
  // A number does not tell all inodes of a large file system apart.
  const [a, b] = await Promise.all(
    [one, other].map((path) => lstat(path, { bigint: true }).catch(() => undefined)),
  );
  return a !== undefined && a.ino === b?.ino && a.dev === b.dev;
}

/** Removes the folders of what was held, where nothing is left in them. */
async function removeEmpty({ root, layout }: StateAddress): Promise<void> {
  const held = join(root, heldFolder);
  for (let path = join(held, layout.runs); path.startsWith(held); path = dirname(path)) {
    const removed = await rmdir(path).then(
      () => true,
      () => false,
    );
    if (!removed) return;
  }
}
