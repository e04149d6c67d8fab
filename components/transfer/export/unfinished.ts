import { type DeltaScope, type Fence, type RunFile, listUnfinishedRuns } from "../../state";
import { readBases } from "../bases";
import type { ExportReport } from "../reports";
import { exportBlocks } from "./blocks";
import { beginExport, exportRuns, reportOn } from "./export";
import { type ExportSides, type ExportTask, blocksOfRuns, onBases, partRoles } from "./run";
import { selectRuns } from "./scope";

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
  const filter = selectRuns(isDelta ? { ...scope } : {});
  const failed = await exportRuns(task, filter, ({ runId, isUnfinished }) => {
    if (isUnfinished) unfinished.add(runId);
    return !isUnfinished;
  });
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
  const unequal = [...unfinished].filter((runId) => !same.has(runId) && !held.has(runId));
  return { report: reportOn(task), stale, notImported: notImported.size, unequal };
}

/** The maximum number of runs in a query. */
const runsInQuery = 5_000;

/**
 * Exports runs once more.
 *
 * @returns the file of each run that a worker may execute from it, and the runs that MongoDB has
 */
async function compare(task: ExportTask, wanted: readonly string[], { finalPassAt }: Fence) {
  const same = new Map<string, string>();
  const found = new Set<string>();
  const again = { ...task, trustsBases: false };
  for (let at = 0; at < wanted.length; at += runsInQuery) {
    const filter: object = { _id: { $in: wanted.slice(at, at + runsInQuery) } };
    const runs = exportBlocks(again, blocksOfRuns(task.sides, filter), partRoles(task.sides));
    for await (const { runId, file, isUnfinished, isStale, tally } of runs) {
      found.add(runId);
      const { written, newerOnDisk } = tally.counts.runs;
      // Before the final pass web works on the files, and a worker on MongoDB did not touch what only web changed.
      const isFine =
        newerOnDisk > 0 ? finalPassAt === undefined : isUnfinished === true || written > 0;
      if (file !== undefined && !isStale && isFine) same.set(runId, file);
    }
  }
  return { same, found };
}

/** Those of some runs that MongoDB had once. After the final pass it had all that web wrote to files. */
async function findImported(
  task: ExportTask,
  runs: readonly RunFile[],
  { finalPassAt }: Fence,
): Promise<ReadonlySet<string>> {
  const runIds = runs.map(({ runId }) => runId);
  if (finalPassAt !== undefined) return new Set(runIds);
  const bases = await onBases(task, (all) => readBases(all, new Map([["runs", runIds]])));
  return new Set(bases.get("runs")?.keys());
}
