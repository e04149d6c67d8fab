import { type RunFile, heldFolders, unholdParts, unholdRuns } from "../../state";
import { exportBlock } from "./blocks";
import { type ExportSides, type ExportTask, blocksOfRuns, lookUp, partRoles } from "./run";

const heldAtOnce = 500;

/**
 * Restores held runs. If MongoDB has a run, its held file and approvals are updated by the merge rules before they return
 * to their places, and its jobs after them. A run that MongoDB does not have stays held, because this MongoDB may be a new one; so does a conflict, whose
 * file must not be executed.
 */
export async function exportHeldRuns(asked: ExportTask): Promise<void> {
  // No service works on a held file: MongoDB is its source of truth, also after the fence.
  const task = { ...asked, sides: { ...asked.sides, truth: "mongo" as const } };
  for await (const { held, runs: all } of heldFolders(task.sides)) {
    for (let at = 0; at < all.length; at += heldAtOnce) {
      const some = all.slice(at, at + heldAtOnce);
      const stuck = await exportInPlace(task, held, some);
      const ready = some.filter(({ runId }) => !stuck.has(runId));
      const { runs, destinationTaken } = await unholdRuns(task.sides, held, ready);
      task.lists.returned.push(...runs);
      task.lists.stillHeld.push(...stuck, ...destinationTaken);
      task.lists.destinationTaken.push(...destinationTaken);
    }
    for (const { runId } of all) task.held.add(runId);
  }
  await unholdParts(task.sides);
}

async function exportInPlace(
  task: ExportTask,
  from: ExportSides,
  held: readonly RunFile[],
): Promise<Set<string>> {
  const { sides } = task;
  const files = new Map(held.map(({ runId, file }) => [runId, file.baseName]));
  const stuck = new Set(files.keys());
  for await (const block of blocksOfRuns(sides, [...files.keys()])) {
    const found = await lookUp(task, block, partRoles(sides));
    const named = found.map((run) => ({ ...run, baseName: files.get(run.runId) }));
    for (const done of await exportBlock({ ...task, trustsBases: false }, named, from)) {
      task.tally.add(done.tally);
      if (!done.isStale) stuck.delete(done.runId);
    }
  }
  return stuck;
}
