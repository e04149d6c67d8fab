import type { Document } from "mongodb";
import type { CollectionRole } from "../../contract";
import { documentsAsStored } from "./documents";
import { roleCollection, type ExportRun, type ExportSides } from "./export-run";
import { exportLog } from "./log";
import { exportRunFile } from "./run-file";

/** What belongs to a run: it comes to files before the run does. */
export type PartRole = Exclude<CollectionRole, "runs">;

/** The parts that an export writes. */
export function rolesOfParts({ approvals }: ExportSides): PartRole[] {
  return approvals ? ["logs", "artifacts", "approvals"] : ["logs", "artifacts"];
}

/** Brings a run's log, or its artifacts or approvals, which have one file, to disk. */
export async function exportPart(run: ExportRun, role: PartRole, runId: string): Promise<void> {
  if (role === "logs") return exportLog(run, runId);
  const collection = roleCollection(run.sides, role);
  const documents: Document[] = [];
  for await (const document of documentsAsStored(collection, { runId }, { runId: 1, _id: 1 })) {
    documents.push(document);
  }
  if (documents.length > 0) await exportRunFile(run, role, runId, documents);
}
