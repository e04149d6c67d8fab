import type { Document } from "mongodb";
import { readBases } from "../bases";
import {
  type FilePlace,
  Refusal,
  type WholeFileRole,
  keyOf,
  placeOf,
  readableKey,
} from "../../state";
import { sideOf } from "../merge";
import { type ExportRun, onBases } from "./export-run";
import { exportTo } from "./merge-file";
import type { Outgoing } from "./outgoing";

/**
 * Brings a run's documents of one role to their file by the merge rules, and counts what became
 * of each. A document that no file can hold is left out; the others are written.
 */
export async function exportRunFile(
  run: ExportRun,
  role: WholeFileRole,
  runId: string,
  documents: readonly Document[],
): Promise<void> {
  const outgoing = await outgoingOf(run, role, documents);
  try {
    const place = await placeOf(run.sides, role, runId);
    if (!run.sides.all && place.there && outgoing.every((one) => isUnchanged(one, place))) {
      run.tally.settle(role, "unchanged", outgoing.length);
      return;
    }
    await exportTo(run, { ...place, role, runId }, outgoing);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const { key } of outgoing) run.tally.refuse(role, readableKey(key), error);
  }
}

/**
 * The same for a run itself.
 *
 * @returns whether its file is right now; else there is a conflict, or the run cannot be written
 */
export async function exportRunItself(
  run: ExportRun,
  runId: string,
  document: Document,
): Promise<boolean> {
  const failures = () => {
    const { conflicts, unwritable } = run.tally.counts.runs;
    return conflicts + unwritable;
  };
  const before = failures();
  await exportRunFile(run, "runs", runId, [document]);
  return failures() === before;
}

async function outgoingOf(
  run: ExportRun,
  role: WholeFileRole,
  documents: readonly Document[],
): Promise<Outgoing[]> {
  const keys = documents.map((document) => keyOf(role, document));
  const known = await onBases(run, (bases) => readBases(bases, role, keys));
  return documents.map((document, at) => {
    const key = keys[at] ?? "";
    return { key, side: sideOf(role, document), base: known.get(key) };
  });
}

/** Not changed in MongoDB since both sides agreed: whatever the file has, nothing is written. */
function isUnchanged({ side, base }: Outgoing, place: FilePlace): boolean {
  const unchanged = base?.agreed?.mongo === side.hash && base.next === undefined;
  return unchanged && base.file === place.name;
}
