import type { Document } from "mongodb";
import type { CollectionRole } from "../../contract";
import { documentsAsStored } from "./documents";
import type { ExportRun, ExportSides } from "./export-run";
import { exportLog } from "./log";
import { exportRunFile } from "./run-file";

/** What belongs to a run: it comes to files before the run does. */
export type PartRole = Exclude<CollectionRole, "runs">;

/** The parts that an export writes. */
export function rolesOfParts({ approvals }: ExportSides): PartRole[] {
  return approvals ? ["logs", "artifacts", "approvals"] : ["logs", "artifacts"];
}

/** The order of a run's documents. */
const inRun = { runId: 1, _id: 1 } as const;

/** Brings a run's log, or its artifacts or approvals, which have one file, to disk. */
export async function exportPart(run: ExportRun, role: PartRole, runId: string): Promise<void> {
  if (role === "logs") return exportLog(run, runId);
  const documents: Document[] = [];
  for await (const document of documentsAsStored(run.sides, role, { runId }, inRun)) {
    documents.push(document);
  }
  if (documents.length > 0) await exportRunFile(run, role, runId, documents);
}
