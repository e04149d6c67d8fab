import {
  fileBaseNames,
  hasQueue,
  lookAt,
  mapLimit,
  mapOrdered,
  placeOf,
  readableKey,
  syncFolders,
} from "../../state";
import { settleBases } from "../bases";
import { Tally, addExamples } from "../tally";
import { takeTurn } from "../turns";
import { exportFile } from "./file";
import { exportLog } from "./log";
import {
  type ExportSides,
  type ExportTask,
  type OwnRecord,
  type PartRole,
  type RunInMongo,
  keepBases,
  lookUp,
  partRoles,
  refuseRun,
} from "./run";

/** What became of a run. */
export interface ExportedRun extends Pick<RunInMongo, "runId" | "isUnfinished"> {
  readonly tally: Tally;
  /** The name of its own file; absent if that was not looked at. */
  readonly file?: string | undefined;
  /** Whether a worker must not execute it from files: it or an approval is in conflict, or cannot be written. */
  readonly isStale: boolean;
}

/** The number of blocks that are asked for at once: a server 50 ms away costs little. */
export const blocksAhead = 4;

/** The number of blocks that are written at once: a block has few runs to write, each with some five round trips. */
const blocksWritten = 8;

/** Exports blocks of runs, and counts what became of them. */
export async function* exportBlocks(
  task: ExportTask,
  blocks: AsyncIterable<readonly OwnRecord[]>,
  roles: readonly PartRole[],
): AsyncGenerator<ExportedRun> {
  const found = mapOrdered(blocks, blocksAhead, (block) => lookUp(task, block, roles));
  const write = (block: readonly RunInMongo[]) => exportBlock(task, block);
  for await (const runs of mapOrdered(found, blocksWritten, write)) {
    for (const run of runs) {
      task.tally.add(run.tally);
      yield run;
    }
  }
}

const runsAtOnce = 8;

/**
 * Brings runs to files, several at once. Of runs that may have one file name the first gets it, also if
 * they are in blocks that are at work at the same time.
 *
 * @param own where the runs' own records go
 * @returns in the order of the runs, whichever was done first
 */
export async function exportBlock(
  task: ExportTask,
  block: readonly RunInMongo[],
  own = task.sides,
): Promise<ExportedRun[]> {
  // By what the files of a run may be called.
  const namesOf = ({ runId, baseName = runId }: RunInMongo) => {
    return [fileBaseNames(runId).at(-1) ?? runId, baseName];
  };
  const waiting = block.map((run) => ({ run, turn: takeTurn(task.turns, namesOf(run)) }));
  try {
    const done = await mapLimit(runsAtOnce, waiting, async ({ run, turn }) => {
      await turn.before;
      return exportRun(task, run, own).finally(turn.end);
    });
    const agreed = task.unsettled.splice(0);
    const touched = [...task.touched];
    task.touched.clear();
    // guarantee: no crash takes a file back that a base vouches for
    await syncFolders(touched);
    const areKept = await keepBases(task, (bases) => settleBases(bases, "disk", agreed));
    if (!areKept) {
      const { withoutBase } = task.lists;
      withoutBase.count += agreed.length;
      addExamples(withoutBase.cases, ...agreed.map(({ key }) => readableKey(key)));
    }
    return done;
  } finally {
    for (const { turn } of waiting) turn.end();
  }
}

/** A service on files sees all that belongs to a run before the run. */
async function exportRun(
  task: ExportTask,
  run: RunInMongo,
  own: ExportSides,
): Promise<ExportedRun> {
  const { runId, isUnfinished = false, refusal } = run;
  const tally = new Tally();
  let file: string | undefined;
  // A bulk pass leaves what a worker still writes to the delta pass, but its log only grows.
  const isAtWork = task.sides.isBulk === true && isUnfinished;
  try {
    if (refusal) throw refusal;
    const parts = (await isRemoved(task, run, own)) ? [] : partRoles(task.sides);
    // guarantee: no service on files sees a run before its parts
    for (const role of parts) {
      if (role === "logs") await exportLog({ ...task, tally }, run);
      else if (!isAtWork) {
        const sides = role === "approvals" ? await approvalsSides(task, run, own) : task.sides;
        await exportFile({ ...task, tally, sides }, role, run);
      }
    }
    if (!isAtWork) file = await exportFile({ ...task, tally, sides: own }, "runs", run);
  } catch (error) {
    tally.refuseDocument("runs", runId, refuseRun(error));
  }
  const { runs, approvals } = tally.counts;
  const left = [runs.conflicts, runs.unwritable, approvals.conflicts, approvals.unwritable];
  return { runId, isUnfinished, tally, file, isStale: left.some((count) => count > 0) };
}

/** Where a run's approvals go: below `held/` with its own file, unless they stayed in their place. */
async function approvalsSides(
  { sides }: ExportTask,
  { runId, baseName }: RunInMongo,
  own: ExportSides,
): Promise<ExportSides> {
  if (own === sides) return sides;
  const isHeld = (await placeOf(own, "approvals", runId, baseName)).stamp !== undefined;
  if (isHeld) return own;
  const isThere = (await placeOf(sides, "approvals", runId, baseName)).stamp !== undefined;
  return !isThere && (await hasQueue(sides)) ? own : sides;
}

/** Whether a run was removed on disk since the fence ended: both sides had it once. What belongs to it follows it. */
async function isRemoved(
  { held, sides }: ExportTask,
  { runId, baseName, bases }: RunInMongo,
  own: ExportSides,
): Promise<boolean> {
  const wasOnBoth = bases.get("runs")?.get(runId)?.agreed !== undefined;
  // An older copy may lack what it was never given.
  const mayBeRemoved = sides.truth === "disk" && sides.older !== "directory";
  if (!mayBeRemoved || !wasOnBoth || held.has(runId)) return false;
  if (baseName && (await lookAt(own, "runs", baseName)).stamp !== undefined) return false;
  return (await placeOf(own, "runs", runId, baseName)).stamp === undefined;
}
