import { type RunFile, heldFolders, readCutoverRecord, unholdParts, unholdRuns } from "../../state";
import { exportBlock } from "./blocks";
import { type ExportTask, type HeldRuns, blocksOfRuns, lookUp } from "./run";
import { type ExportSides, partRoles } from "./sides";

const heldAtOnce = 500;

/**
 * Restores held runs. If MongoDB has a run, its held file and approvals are updated by the merge rules before they
 * return to their folders, then its jobs return. A run that MongoDB does not have stays held, because this MongoDB may
 * be a new one. So does a conflict, whose file must not be executed.
 */
export async function exportHeldRuns(asked: ExportTask): Promise<HeldRuns> {
  const runs = new Set<string>();
  const returned: string[] = [];
  const stillHeld: string[] = [];
  const destinationTaken: string[] = [];
  // No service works on a held file: MongoDB is its source of truth, also after the cutover.
  const sides: ExportSides = { ...asked.sides, truth: "mongo", all: true };
  const isInWindow = (await readCutoverRecord(sides.root))?.finalPassAt === undefined;
  for await (const { held: from, runs: files } of heldFolders(sides)) {
    for (let at = 0; at < files.length; at += heldAtOnce) {
      const some = files.slice(at, at + heldAtOnce);
      const stuck = await exportInPlace({ ...asked, sides }, { ...from, isInWindow }, some);
      const ready = some.filter(({ runId }) => !stuck.has(runId));
      const moved = await unholdRuns(sides, from, ready);
      returned.push(...moved.runs);
      stillHeld.push(...stuck, ...moved.destinationTaken);
      destinationTaken.push(...moved.destinationTaken);
    }
    for (const { runId } of files) runs.add(runId);
  }
  await unholdParts(sides);
  return { runs, returned, stillHeld, destinationTaken };
}

/** @returns the runs that must stay held */
async function exportInPlace(
  task: ExportTask,
  from: ExportSides,
  held: readonly RunFile[],
): Promise<Set<string>> {
  const files = new Map(held.map(({ runId, file }) => [runId, file.baseName]));
  const stuck = new Set(files.keys());
  for await (const block of blocksOfRuns(task.sides, [...files.keys()])) {
    const found = await lookUp(task, block, partRoles(task.sides));
    const named = found.map((run) => ({ ...run, baseName: files.get(run.runId) }));
    for (const { runId, isStale } of await exportBlock(task, named, from)) {
      if (!isStale) stuck.delete(runId);
    }
  }
  return stuck;
}
