import {
  fileBaseNames,
  hasQueue,
  lookAt,
  mapLimit,
  mapOrdered,
  locateFile,
  syncFolders,
} from "../../state";
import { doBasesApply } from "../merge-bases";
import { Tally } from "../tally";
import { joinOrder } from "./order";
import { type ExportedFile, exportFile } from "./file";
import { exportLog } from "./log";
import { type ExportTask, type RunHead, type RunInMongo, lookUp, refuseRun } from "./run";
import { type ExportSides, type PartRole, partRoles } from "./sides";

/** The result of a run's export. */
export interface ExportedRun extends Pick<RunInMongo, "runId" | "isUnfinished"> {
  readonly tally: Tally;
  /** The files that were read. */
  readonly files: readonly ExportedFile[];
  /** The name of its own file; absent if that was not read. */
  readonly name?: string | undefined;
  /** Whether a worker must not execute the run from files: it or an approval is in conflict, or cannot be written. */
  readonly isStale: boolean;
}

/** Maximum number of blocks that are looked up at once, so that a distant server costs little time. */
export const blocksAhead = 4;

/** Maximum number of blocks that are written at once: each has few runs to write, with about five round trips per run. */
const blocksWritten = 8;

/** Exports blocks of runs. */
export function exportBlocks(
  task: ExportTask,
  blocks: AsyncIterable<readonly RunHead[]>,
  roles: readonly PartRole[],
): AsyncGenerator<ExportedRun[]> {
  const found = mapOrdered(blocks, blocksAhead, (block) => lookUp(task, block, roles));
  return mapOrdered(found, blocksWritten, (block) => exportBlock(task, block));
}

const runsAtOnce = 8;

/**
 * Exports the runs of a block, several at once. If several runs can have one file name, the first run gets it, even if
 * others are in blocks that are written at the same time.
 *
 * @param to where the runs' own records go
 * @returns their results, in their order
 */
export async function exportBlock(
  task: ExportTask,
  block: readonly RunInMongo[],
  to = task.sides,
): Promise<ExportedRun[]> {
  // The names that the files of a run can have.
  const namesOf = ({ runId, baseName = runId }: RunInMongo) => {
    return [fileBaseNames(runId).at(-1) ?? runId, baseName];
  };
  const waiting = block.map((run) => ({ run, slot: joinOrder(task.order, namesOf(run)) }));
  try {
    const done = await mapLimit(runsAtOnce, waiting, async ({ run, slot }) => {
      await slot.before;
      return exportRun(task, run, to).finally(slot.end);
    });
    for (const { tally } of done) task.tally.add(tally);
    const files = done.flatMap((run) => run.files);
    // guarantee: no crash takes a file back that a merge base vouches for
    await syncFolders(files.flatMap(({ folder }) => folder ?? []));
    await task.bases.settle(files.flatMap(({ agreed }) => agreed));
    return done;
  } finally {
    for (const { slot } of waiting) slot.end();
  }
}

async function exportRun(task: ExportTask, run: RunInMongo, to: ExportSides): Promise<ExportedRun> {
  const { sides } = task;
  const { runId, isUnfinished = false, refusal } = run;
  const tally = new Tally();
  const files: ExportedFile[] = [];
  let name: string | undefined;
  // A bulk pass leaves a run that a worker still writes to the delta pass, except its log, which only grows.
  const isAtWork = sides.isBulk === true && isUnfinished;
  try {
    if (refusal) throw refusal;
    const parts = (await isRemoved(task, run, to)) ? [] : partRoles(sides);
    // guarantee: no service on files sees a run before its parts
    for (const role of parts) {
      if (role === "logs") files.push(await exportLog(task, tally, run));
      else if (!isAtWork) {
        const address = role === "approvals" ? await approvalsSides(sides, run, to) : sides;
        files.push(await exportFile(task, tally, role, run, address));
      }
    }
    if (!isAtWork) {
      const own = await exportFile(task, tally, "runs", run, to);
      files.push(own);
      name = own.name;
    }
  } catch (error) {
    tally.refuseDocument("runs", runId, refuseRun(error));
  }
  const { runs, approvals } = tally.counts;
  const left = [runs.conflicts, runs.unwritable, approvals.conflicts, approvals.unwritable];
  return { runId, isUnfinished, tally, files, name, isStale: left.some((count) => count > 0) };
}

/**
 * The sides for a run's approvals: below `held/` with the run's own file, unless the approvals stayed in their folder.
 */
async function approvalsSides(
  sides: ExportSides,
  { runId, baseName }: RunInMongo,
  to: ExportSides,
): Promise<ExportSides> {
  if (to === sides) return sides;
  const isHeld = (await locateFile(to, "approvals", runId, baseName)).stat !== undefined;
  if (isHeld) return to;
  const isThere = (await locateFile(sides, "approvals", runId, baseName)).stat !== undefined;
  return !isThere && (await hasQueue(sides)) ? to : sides;
}

/** Whether a run was removed on disk since the cutover ended, with its parts: both sides had it once. */
async function isRemoved(
  { held, sides }: ExportTask,
  { runId, baseName, bases }: RunInMongo,
  to: ExportSides,
): Promise<boolean> {
  const wasOnBoth = bases.get("runs")?.get(runId)?.agreed !== undefined;
  // Another copy of the directory may lack files that it never had.
  const mayBeRemoved = sides.truth === "disk" && doBasesApply(sides.older);
  if (!mayBeRemoved || !wasOnBoth || held.runs.has(runId)) return false;
  if (baseName && (await lookAt(to, "runs", baseName)).stat !== undefined) return false;
  return (await locateFile(to, "runs", runId, baseName)).stat === undefined;
}
