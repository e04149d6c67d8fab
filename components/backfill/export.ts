import { mkdir } from "node:fs/promises";
import type { Document } from "mongodb";
import { basesIn } from "./bases";
import { removeLeftovers } from "./export/aside";
import { documentsAsStored, runIdsIn } from "./export/documents";
import { roleCollection, type ExportRun, type ExportSides } from "./export/export-run";
import { exportHeldRuns } from "./export/held-runs";
import { exportLog } from "./export/log";
import { requireInside } from "./export/place";
import { ExportTally, type ExportReport } from "./export/report";
import { exportRunFile } from "./export/run-file";

/**
 * Writes to files what changed in MongoDB since it was imported, by the merge rules: what has no
 * file, and what changed in MongoDB alone. A file that changed too is never overwritten: MongoDB's
 * content goes beside it. Every file is there complete or as it was before. Nothing is deleted on
 * either side. A second export writes nothing. Runs that were set aside come back first.
 *
 * @throws StateFolderError before anything is written, where the layout leads out of the root
 * @throws ExportError where files cannot be written at all
 */
export async function exportState(sides: ExportSides): Promise<ExportReport> {
  await mkdir(sides.root, { recursive: true });
  await requireInside(sides);
  await removeLeftovers(sides);
  const tally = new ExportTally();
  sides.watch?.(tally);
  const run = { sides, bases: basesIn(sides.database, sides.checkpoints), tally };
  await exportRuns(run);
  for await (const runId of runIdsIn(roleCollection(sides, "logs"))) await exportLog(run, runId);
  await exportLists(run, "artifacts");
  if (sides.approvals) await exportLists(run, "approvals");
  return tally.report();
}

async function exportRuns(run: ExportRun): Promise<void> {
  const held = await exportHeldRuns(run);
  const collection = roleCollection(run.sides, "runs");
  for await (const document of documentsAsStored(collection, {}, { _id: 1 })) {
    const runId = String(document._id);
    if (!held.has(runId)) await exportRunFile(run, "runs", runId, [document]);
  }
}

/** Artifacts and approvals have a file for all that a run has. */
async function exportLists(run: ExportRun, role: "artifacts" | "approvals"): Promise<void> {
  const collection = roleCollection(run.sides, role);
  for await (const runId of runIdsIn(collection)) {
    const documents: Document[] = [];
    for await (const document of documentsAsStored(collection, { runId }, { runId: 1, _id: 1 })) {
      documents.push(document);
    }
    await exportRunFile(run, role, runId, documents);
  }
}
