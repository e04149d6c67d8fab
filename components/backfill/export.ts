import { mkdir } from "node:fs/promises";
import { basesIn } from "./bases";
import { blocksOf } from "./blocks";
import { removeLeftovers, requireInside } from "../state";
import { documentsAsStored, idsAmong, runIdsIn } from "./export/documents";
import type { ExportRun, ExportSides } from "./export/export-run";
import { exportHeldRuns } from "./export/held-runs";
import { exportPart, rolesOfParts } from "./export/parts";
import { type ExportReport, ExportTally } from "./export/report";
import { exportRunItself } from "./export/run-file";

/**
 * Writes to files what changed in MongoDB since it was imported, by the merge rules: what has no
 * file, and what changed in MongoDB alone. A file that changed too is never overwritten: MongoDB's
 * content goes beside it. Every file is there complete or as it was before. Nothing is deleted on
 * either side. A second export writes nothing. Runs that were held come back first.
 *
 * @throws StateFolderError before anything is written, where the layout leads out of the root
 * @throws ExportError where files cannot be written at all
 * @throws ServerTroubleError where MongoDB will not do it, or has trouble for too long
 */
export async function exportState(sides: ExportSides): Promise<ExportReport> {
  await mkdir(sides.root, { recursive: true });
  await requireInside(sides);
  await removeLeftovers(sides);
  const tally = new ExportTally();
  sides.watch?.(tally);
  const run = { sides, bases: basesIn(sides.database, sides.checkpoints), tally };
  await exportRuns(run);
  await exportOrphans(run);
  return tally.report();
}

/** Each comes with its whole log. */
const runsInBatch = 50;

/** Run by run, so that a service on files sees all that belongs to a run before the run. */
async function exportRuns(run: ExportRun): Promise<void> {
  const held = await exportHeldRuns(run);
  for await (const document of documentsAsStored(run.sides, "runs", {}, { _id: 1 }, runsInBatch)) {
    const runId = String(document._id);
    if (held.has(runId)) continue;
    for (const role of rolesOfParts(run.sides)) await exportPart(run, role, runId);
    if (!(await exportRunItself(run, runId, document))) run.tally.leaveBehind(runId);
  }
}

/** What belongs to a run that MongoDB does not have. */
async function exportOrphans(run: ExportRun): Promise<void> {
  for (const role of rolesOfParts(run.sides)) {
    for await (const runIds of blocksOf(runIdsIn(run.sides, role))) {
      const known = await idsAmong(run.sides, "runs", runIds);
      for (const runId of runIds) if (!known.has(runId)) await exportPart(run, role, runId);
    }
  }
}
