import type { Document } from "mongodb";
import { mkdir } from "node:fs/promises";
import type { CollectionRole } from "../../contract";
import {
  type RunFile,
  endMoves,
  fileStems,
  heldAddress,
  heldRuns,
  putBack,
  removeLeftovers,
  requireInside,
} from "../../state";
import { basesIn } from "../bases";
import { documentsAsStored, idsAmong, runIdsIn } from "../documents";
import { blocksOf } from "../import/pipeline";
import { exportRunFile, exportRunItself } from "./file";
import { exportLog } from "./log";
import { type ExportReport, ExportTally } from "./report";
import type { ExportRun, ExportSides } from "./run";

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

/** So many runs are asked for at once. */
const runsAtOnce = 500;

/**
 * Brings back the runs that were held: where MongoDB has a run, its held file is brought to
 * what the merge rules say before it gets its place again; another one goes back as it was, unless
 * `holdUnknown`. A conflict stays held with MongoDB's content beside it, because its file must not be
 * executed.
 *
 * @returns the ids of the runs that were dealt with here
 */
export async function exportHeldRuns(run: ExportRun): Promise<ReadonlySet<string>> {
  // A file under both names would be written under the held one, and stay stale in its place.
  const held = await endMoves(run.sides, await heldRuns(run.sides));
  for (let at = 0; at < held.length; at += runsAtOnce) {
    const some = held.slice(at, at + runsAtOnce);
    const stuck = await exportInPlace(run, some);
    const ready = some.filter(({ runId }) => !stuck.has(runId));
    const { runs, inTheWay } = await putBack(run.sides, ready);
    run.tally.bringBack(runs, [...stuck], inTheWay);
  }
  return new Set(held.filter(isNamedAfterRun).map(({ runId }) => runId));
}

/** A file of another name is not the one that the run's export would write. */
function isNamedAfterRun({ runId, file }: RunFile): boolean {
  return fileStems(runId).includes(file.stem);
}

/** Exports to the held files where they are; the runs whose files did not become what is true. */
async function exportInPlace(run: ExportRun, held: readonly RunFile[]): Promise<Set<string>> {
  const aside: ExportRun = { ...run, sides: heldAddress(run.sides) };
  const files = new Map(held.map((one) => [one.runId, one]));
  const stuck = new Set<string>(run.sides.holdUnknown ? files.keys() : []);
  const wanted: object = { _id: { $in: [...files.keys()] } };
  for await (const document of documentsAsStored(run.sides, "runs", wanted, { _id: 1 })) {
    const runId = String(document._id);
    const file = files.get(runId);
    if (!file || !isNamedAfterRun(file)) {
      stuck.add(runId);
      continue;
    }
    for (const role of rolesOfParts(run.sides)) await exportPart(run, role, runId);
    if (await exportRunItself(aside, runId, document)) stuck.delete(runId);
    else stuck.add(runId);
  }
  return stuck;
}

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
