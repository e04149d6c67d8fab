import { mkdir } from "node:fs/promises";
import {
  type DeltaScope,
  type FindInMongo,
  blocksOf,
  lacksSequences,
  listHeldJobs,
  mapLimit,
  mapOrdered,
  requireInside,
  unholdParts,
} from "../../state";
import { Checkpoints } from "../checkpoints";
import { idsAmong, reading, runIdsIn } from "../documents";
import { doBasesApply } from "../merge-bases";
import { type Report, casesOf } from "../reports";
import type { MongoSide } from "../sides";
import { withForms } from "../step-forms";
import { Tally } from "../tally";
import { findSince } from "../updated";
import { ExportBases } from "./merge-bases";
import { blocksAhead, exportBlocks } from "./blocks";
import { exportHeldRuns } from "./held";
import { type ExportTask, type RunHead, blocksOfRuns } from "./run";
import { type ExportSides, type PartRole, partRoles } from "./sides";

/**
 * Exports what changed in MongoDB since the import, by the merge rules: documents without a file, and those that
 * changed only in MongoDB. Never overwrites a file that changed too: MongoDB's content goes to a conflict copy. Each
 * file is complete or as it was before, and nothing is deleted on either side. A second export writes nothing. Restores
 * held runs first.
 *
 * @throws StateFolderError before anything is written, if the layout leads out of the root
 * @throws WriteError if files cannot be written at all
 * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
 */
export async function exportState(sides: ExportSides): Promise<Report<"export">> {
  const task = await beginExport(sides);
  const works: (() => Promise<unknown>)[] = [() => exportRuns(task, sides.only)];
  if (!sides.only) works.push(() => exportOrphans(task));
  await mapLimit(works.length, works, (work) => work());
  return reportOn(task, { returnedJobs: await unholdParts(sides, findRunsIn(sides)) });
}

/** The lookup of runs in MongoDB by their ids. */
export function findRunsIn(sides: MongoSide): FindInMongo {
  return (runIds) => idsAmong(sides, "runs", runIds);
}

/**
 * Exports finished runs, and the logs of the others, while the services still work on MongoDB: the bulk pass of a rollback.
 * Leaves unfinished runs to the delta pass, because a run may lack its log for a moment.
 */
export async function exportFinished(sides: ExportSides): Promise<{
  readonly report: Report<"export">;
  readonly left: Pick<DeltaScope, "since" | "runs">;
}> {
  const since = await findSince(sides);
  const task = await beginExport({ ...sides, isBulk: true });
  const runs: string[] = [];
  await exportRuns(task, undefined, ({ runId, isUnfinished }) => {
    sides.signal?.throwIfAborted();
    // As read, not by a query: a run may be retried and finished again meanwhile.
    if (isUnfinished) runs.push(runId);
    return true;
  });
  return { report: await reportOn(task), left: { since: since.toISOString(), runs } };
}

/** Begins an export, which restores held runs first. It ends with `reportOn`. */
export async function beginExport(asked: ExportSides): Promise<ExportTask> {
  await mkdir(asked.root, { recursive: true });
  await requireInside(asked);
  const sides = await withForms(asked);
  const tally = new Tally();
  let form: Promise<boolean> | undefined;
  const task: ExportTask = {
    sides,
    bases: new ExportBases(sides),
    tally,
    order: new Map(),
    lacksSequences: () => (form ??= lacksSequences(sides)),
    held: { runs: new Set(), returned: [], stillHeld: [], destinationTaken: [] },
  };
  if (!doBasesApply(sides.older)) {
    // Its logs get the entries that they lack again, in another form than before.
    const checkpoints = new Checkpoints(sides.database, sides);
    await task.bases.write(() => checkpoints.forget(undefined, ["beginning"]));
  }
  return { ...task, held: await exportHeldRuns(task) };
}

/**
 * Ends an export and returns its report.
 *
 * @param more the runs whose held copies were superseded, and the jobs that returned without a run; default: none
 */
export async function reportOn(
  { sides, bases, tally, held }: ExportTask,
  more: { superseded?: readonly string[]; returnedJobs?: readonly string[] } = {},
): Promise<Report<"export">> {
  const { superseded = [], returnedJobs = [] } = more;
  const { files, bytes, elapsedMs, conflicts, unwritable, removedUnfinished, removedApprovals } =
    tally;
  const { returned } = held;
  const isHeld = (runId: string) => !superseded.includes(runId);
  const { withoutMergeBase, trouble } = bases;
  return {
    files,
    bytes,
    elapsedMs,
    ...tally.countsOf("export"),
    conflicts,
    unwritable,
    removedUnfinished,
    ...(removedApprovals.count > 0 && { removedApprovals }),
    withoutMergeBase,
    returned: casesOf(returned),
    stillHeld: casesOf(held.stillHeld.filter(isHeld)),
    destinationTaken: casesOf(held.destinationTaken.filter(isHeld)),
    ...(superseded.length > 0 && { superseded: casesOf(superseded) }),
    ...(returnedJobs.length > 0 && { returnedJobs: casesOf(returnedJobs) }),
    heldJobs: casesOf(await listHeldJobs(sides)),
    ...(trouble !== undefined && { baseTrouble: trouble }),
    ...(sides.older && { older: sides.older }),
  };
}

/**
 * Exports runs that are not held.
 *
 * @param runIds default all
 * @returns those that a worker must not execute from files
 */
export async function exportRuns(
  task: ExportTask,
  runIds: readonly string[] | undefined,
  isWanted: (run: RunHead) => boolean = () => true,
): Promise<ReadonlySet<string>> {
  const { sides, tally, held } = task;
  const countRuns = () => reading(sides, "runs", (all) => all.estimatedDocumentCount());
  sides.watch?.(tally, async () => ({
    count: runIds?.length ?? (await countRuns()),
    unit: "runs",
  }));
  const wanted = (run: RunHead) => !held.runs.has(run.runId) && isWanted(run);
  const blocks = blocksOfRuns(sides, runIds, wanted);
  const stale = new Set<string>();
  for await (const runs of exportBlocks(task, blocks, partRoles(sides))) {
    for (const { runId, isStale } of runs) if (isStale) stale.add(runId);
  }
  return stale;
}

/**
 * Exports records without a run. To find them, MongoDB reads one entry of an index on `runId` for each run, which takes
 * too long while the worker is stopped. No service executes anything from them.
 */
export async function exportOrphans(task: ExportTask): Promise<void> {
  const roles = partRoles(task.sides);
  await mapLimit(roles.length, roles, async (role) => {
    const runs = exportBlocks(task, orphansOf(task, role), [role]);
    while ((await runs.next()).done !== true);
  });
}

/** Number of ids in one lookup. */
const idsAtOnce = 5_000;

/** Maximum number of runs that MongoDB does not have in a block. */
const orphansInBlock = 250;

async function* orphansOf({ sides, held }: ExportTask, role: PartRole): AsyncGenerator<RunHead[]> {
  const ids = blocksOf(runIdsIn(sides, role), idsAtOnce);
  const orphans = mapOrdered(ids, blocksAhead, async (some) => {
    const known = await idsAmong(sides, "runs", some);
    // Approvals of a held run would create jobs for it.
    const isHeld = (runId: string) => role === "approvals" && held.runs.has(runId);
    return some.filter((runId) => !known.has(runId) && !isHeld(runId));
  });
  for await (const runIds of orphans) {
    for (let at = 0; at < runIds.length; at += orphansInBlock) {
      yield runIds.slice(at, at + orphansInBlock).map((runId) => ({ runId }));
    }
  }
}
