import {
  type DeltaScope,
  type Fence,
  type RunFile,
  listUnfinishedRuns,
  unholdParts,
} from "../../state";
import type { ExportReport } from "../reports";
import { findUpdated } from "../updated";
import { exportBlocks } from "./blocks";
import { beginExport, exportOrphans, exportRuns, reportOn } from "./export";
import { type ExportTask, blocksOfRuns } from "./run";
import { type ExportSides, partRoles } from "./sides";

/** What the export of a rollback did before the fence is ended, and what a worker on files would do wrong. */
export interface LastExport {
  readonly report: ExportReport;
  /** Unfinished files that are not the same as their documents: to be held. */
  readonly stale: readonly RunFile[];
  /** The number of unfinished files that were never imported: web wrote them after the fence. */
  readonly notImported: number;
  /** The runs that are unfinished in MongoDB, and neither the same on disk nor held. */
  readonly unequal: readonly string[];
}

/**
 * The export right before a fence is ended: first what is finished, then, as the last thing, what a worker on files
 * would execute. Each unfinished file is compared with its document, whatever a base says, and written if it differs.
 * A write that MongoDB applies after its run was compared is not seen.
 *
 * @param scope what the bulk pass left; without it every file is read
 * @param isDelta whether to export only what the bulk pass left
 */
export async function exportBeforeEnd(
  sides: ExportSides,
  fence: Fence,
  scope: DeltaScope | undefined,
  isDelta: boolean,
): Promise<LastExport> {
  const task = await beginExport(sides);
  const unfinished = new Set<string>();
  const runIds = isDelta ? await selectRuns(sides, scope) : undefined;
  const failed = await exportRuns(task, runIds, ({ runId, isUnfinished }) => {
    if (isUnfinished) unfinished.add(runId);
    return !isUnfinished;
  });
  // No final pass follows an export by hand.
  if (!isDelta) await exportOrphans(task);
  const files = await listUnfinishedRuns(sides, scope?.finished);
  const wanted = new Set([...unfinished, ...files.map(({ runId }) => runId)]);
  for (const runId of failed) wanted.delete(runId);
  const { same, found } = await compare(task, [...wanted], fence);
  const alone = files.filter(({ runId }) => !found.has(runId) && !failed.has(runId));
  const imported = await findImported(task, alone, fence);
  const notImported = new Set(alone.filter(({ runId }) => !imported.has(runId)));
  const stale = files.filter(
    (run) => same.get(run.runId) !== run.file.name && !notImported.has(run),
  );
  const held = new Set(stale.map(({ runId }) => runId));
  await unholdParts(sides);
  const unequal = [...unfinished].filter((runId) => !same.has(runId) && !held.has(runId));
  return { report: await reportOn(task), stale, notImported: notImported.size, unequal };
}

/**
 * The runs that a delta pass looks at: those that the bulk pass left, and those that were updated since. All, by a scan,
 * without a bulk pass that read MongoDB.
 */
async function selectRuns(
  sides: ExportSides,
  { since, runs = [] }: Partial<DeltaScope> = {},
): Promise<string[] | undefined> {
  if (since === undefined) return undefined;
  return [...new Set([...runs, ...(await findUpdated(sides, new Date(since)))])];
}

/**
 * Exports runs once more.
 *
 * @returns the file of each run that a worker may execute from it, and the runs that MongoDB has
 */
async function compare(task: ExportTask, wanted: readonly string[], { finalPassAt }: Fence) {
  const same = new Map<string, string>();
  const found = new Set<string>();
  const again = { ...task, sides: { ...task.sides, all: true } };
  const runs = exportBlocks(again, blocksOfRuns(task.sides, wanted), partRoles(task.sides));
  for await (const block of runs) {
    for (const { runId, name, isUnfinished = false, isStale, tally } of block) {
      found.add(runId);
      if (name === undefined || isStale) continue;
      const { written, newerOnDisk } = tally.counts.runs;
      // Before the final pass web works on the files, and a worker on MongoDB did not touch what only web changed.
      const isSame = newerOnDisk > 0 ? finalPassAt === undefined : isUnfinished || written > 0;
      if (isSame) same.set(runId, name);
    }
  }
  return { same, found };
}

/** Those of some runs that MongoDB had once. After the final pass it had all that web wrote to files. */
async function findImported(
  { bases }: ExportTask,
  runs: readonly RunFile[],
  { finalPassAt }: Fence,
): Promise<ReadonlySet<string>> {
  const runIds = runs.map(({ runId }) => runId);
  if (finalPassAt !== undefined) return new Set(runIds);
  const found = await bases.read(new Map([["runs", runIds]]));
  return new Set(found.get("runs")?.keys());
}
