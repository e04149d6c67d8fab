import {
  type DeltaScope,
  type CutoverRecord,
  type RunFile,
  listUnfinishedRuns,
  supersedeHeld,
  unholdParts,
} from "../../state";
import { isBookkeepingLost } from "../bookkeeping";
import type { Report } from "../reports";
import { findUpdated } from "../updated";
import { exportBlocks } from "./blocks";
import { beginExport, exportOrphans, exportRuns, findRunsIn, reportOn } from "./export";
import { type ExportTask, blocksOfRuns } from "./run";
import { type ExportSides, partRoles } from "./sides";

/**
 * The results of the last export before the end of a cutover, with the runs that a worker on files would execute
 * wrongly.
 */
export interface LastExport {
  readonly report: Report<"export">;
  /** Unfinished files that differ from their documents, to be held. */
  readonly stale: readonly RunFile[];
  /** The number of unfinished files that were never imported, because web wrote them after the handover. */
  readonly notImported: number;
  /** The runs that are unfinished in MongoDB, and neither equal on disk nor held. */
  readonly unequal: readonly string[];
}

/**
 * Exports right before the end of a cutover: finished runs first, unfinished runs last.
 * Compares each unfinished file with its document, whatever a merge base says, and writes it if it differs. Does not
 * see a write that MongoDB applies after the comparison of its run.
 *
 * @param scope the delta scope that the bulk pass left; without it every file is read
 * @param isDelta whether to export only that
 */
export async function exportBeforeEnd(
  sides: ExportSides,
  cutoverRecord: CutoverRecord,
  scope: DeltaScope | undefined,
  isDelta: boolean,
): Promise<LastExport> {
  const task = await beginExport(sides);
  const unfinished = new Set<string>();
  let runIds: string[] | undefined;
  // If no bulk pass read MongoDB, all runs are compared, by a scan.
  if (isDelta && scope?.since !== undefined) {
    const updated = await findUpdated(sides, new Date(scope.since));
    runIds = [...new Set([...scope.runs, ...updated])];
  }
  const failed = await exportRuns(task, runIds, ({ runId, isUnfinished }) => {
    if (isUnfinished) unfinished.add(runId);
    return !isUnfinished;
  });
  // No final pass follows an export by hand.
  if (!isDelta) await exportOrphans(task);
  const files = await listUnfinishedRuns(sides, scope?.findFinished);
  const { destinationTaken } = task.held;
  const wanted = new Set([...unfinished, ...files.map(({ runId }) => runId), ...destinationTaken]);
  for (const runId of failed) wanted.delete(runId);
  const { same, current, found } = await compare(task, [...wanted], cutoverRecord);
  const alone = files.filter(({ runId }) => !found.has(runId) && !failed.has(runId));
  const imported = await findImported(task, alone, cutoverRecord);
  const notImported = new Set(alone.filter(({ runId }) => !imported.has(runId)));
  const stale = files.filter(
    (run) => same.get(run.runId) !== run.file.name && !notImported.has(run),
  );
  const held = new Set(stale.map(({ runId }) => runId));
  const superseded = destinationTaken.filter((runId) => current.has(runId));
  await supersedeHeld(sides, new Set(superseded));
  const returnedJobs = await unholdParts(sides, findRunsIn(sides));
  const unequal = [...unfinished].filter((runId) => !same.has(runId) && !held.has(runId));
  const report = await reportOn(task, { superseded, returnedJobs });
  return { report, stale, notImported: notImported.size, unequal };
}

/**
 * Exports runs once more.
 *
 * @returns the file of each run that a worker may execute from it, the runs whose file is not older than MongoDB's
 *   document, and the runs that MongoDB has
 */
async function compare(
  task: ExportTask,
  wanted: readonly string[],
  { finalPassAt }: CutoverRecord,
) {
  const same = new Map<string, string>();
  const current = new Set<string>();
  const found = new Set<string>();
  const again = { ...task, sides: { ...task.sides, all: true } };
  const runs = exportBlocks(again, blocksOfRuns(task.sides, wanted), partRoles(task.sides));
  for await (const block of runs) {
    for (const { runId, name, isUnfinished = false, isStale, tally } of block) {
      found.add(runId);
      if (name === undefined || isStale) continue;
      const { written, newerOnDisk } = tally.counts.runs;
      // Before the final pass, web works on the files, and no worker on MongoDB has touched a run that only web changed.
      const isCurrent = newerOnDisk === 0 || finalPassAt === undefined;
      if (isCurrent) current.add(runId);
      const isSame = newerOnDisk > 0 ? isCurrent : isUnfinished || written > 0;
      if (isSame) same.set(runId, name);
    }
  }
  return { same, current, found };
}

/**
 * Finds the runs that MongoDB had once, or may have had if the bookkeeping was lost. After the final pass it had every
 * run that web wrote to files.
 */
async function findImported(
  { sides, bases }: ExportTask,
  runs: readonly RunFile[],
  cutoverRecord: CutoverRecord,
): Promise<ReadonlySet<string>> {
  const runIds = runs.map(({ runId }) => runId);
  if (cutoverRecord.finalPassAt !== undefined) return new Set(runIds);
  if (runIds.length > 0 && (await isBookkeepingLost(sides, cutoverRecord))) return new Set(runIds);
  const found = await bases.read(new Map([["runs", runIds]]));
  return new Set(found.get("runs")?.keys());
}
