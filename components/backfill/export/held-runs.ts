import { type RunFile, endMoves, fileStems, heldAddress, heldRuns, putBack } from "../../state";
import { documentsAsStored } from "./documents";
import type { ExportRun } from "./export-run";
import { exportPart, rolesOfParts } from "./parts";
import { exportRunItself } from "./run-file";

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
