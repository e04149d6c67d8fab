import {
  type RunFile,
  endMoves,
  fileStems,
  toHeldAddress,
  listHeldRuns,
  putBack,
} from "../../state";
import { exportBlock, partRoles } from "./block";
import { blocksOfRuns, lookUp } from "./look";
import type { ExportTask } from "./run";

/** So many runs are asked for at once. */
const runsAtOnce = 500;

/**
 * Brings back the runs that were held: if MongoDB has a run, its held file is brought to what the
 * merge rules say before it gets its place again; another one stays held,
 * because a MongoDB without it may be a new one, and the former only lost. A conflict stays held too, because its file
 * must not be executed.
 *
 * @returns the ids of the runs that were dealt with here
 */
export async function exportHeldRuns(task: ExportTask): Promise<ReadonlySet<string>> {
  // A file under both names would be written under the held one, and stay stale in its place.
  const held = await endMoves(task.sides, await listHeldRuns(task.sides));
  for (let at = 0; at < held.length; at += runsAtOnce) {
    const some = held.slice(at, at + runsAtOnce);
    const stuck = await exportInPlace(task, some);
    const ready = some.filter(({ runId }) => !stuck.has(runId));
    const { runs, inTheWay } = await putBack(task.sides, ready);
    task.tally.returned.push(...runs);
    task.tally.stillHeld.push(...stuck, ...inTheWay);
    task.tally.inTheWay.push(...inTheWay);
  }
  return new Set(held.filter(isNamedAfterRun).map(({ runId }) => runId));
}

/** A file of another name is not the one that the run's export would write. */
function isNamedAfterRun({ runId, file }: RunFile): boolean {
  return fileStems(runId).includes(file.stem);
}

/** Exports to the held files where they are; the runs whose files did not become what is true. */
async function exportInPlace(task: ExportTask, held: readonly RunFile[]): Promise<Set<string>> {
  const { sides } = task;
  const files = new Map(held.map((one) => [one.runId, one]));
  const stuck = new Set<string>(sides.releaseUnknown ? [] : files.keys());
  const isWritten = (runId: string) => {
    const file = files.get(runId);
    const named = file !== undefined && isNamedAfterRun(file);
    if (!named) stuck.add(runId);
    return named;
  };
  const wanted: object = { _id: { $in: [...files.keys()] } };
  for await (const block of blocksOfRuns(sides, wanted, isWritten)) {
    const found = await lookUp(task, block, partRoles(sides));
    for (const done of await exportBlock(task, found, toHeldAddress(sides))) {
      task.tally.add(done.tally);
      if (done.isBehind) stuck.add(done.runId);
      else stuck.delete(done.runId);
    }
  }
  return stuck;
}
