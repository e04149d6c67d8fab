import { mkdir } from "node:fs/promises";
import { blocksOf, removeLeftovers, requireInside, toConflictsAddress } from "../../state";
import { ahead, atOnce } from "../ahead";
import { basesIn } from "../bases";
import { idsAmong, runIdsIn } from "../documents";
import { exportBlock, partRoles } from "./block";
import { exportHeldRuns } from "./held";
import { type OwnRecord, type PartRole, blocksOfRuns, lookUp } from "./look";
import { type ExportReport, ExportTally } from "./report";
import type { ExportSides, ExportTask } from "./run";

/**
 * Writes to files what changed in MongoDB since it was imported, by the merge rules: what has no
 * file, and what changed only in MongoDB. A file that changed too is never overwritten: MongoDB's
 * content goes to a conflict copy. Every file is there complete or as it was before. Nothing is deleted on
 * either side. A second export writes nothing. Runs that were held come back first.
 *
 * @throws StateFolderError before anything is written, if the layout leads out of the root
 * @throws WriteError if files cannot be written at all
 * @throws ServerTroubleError if MongoDB will not do it, or has trouble for too long
 */
export async function exportState(sides: ExportSides): Promise<ExportReport> {
  await mkdir(sides.root, { recursive: true });
  await requireInside(sides);
  const tally = new ExportTally();
  sides.watch?.(tally);
  const bases = basesIn(sides.database, sides.checkpoints);
  const task = { sides, conflicts: toConflictsAddress(sides), bases, tally, settled: [] };
  await atOnce(2, [() => removeLeftovers(sides), () => exportAll(task)], (work) => work());
  return tally.report();
}

async function exportAll(task: ExportTask): Promise<void> {
  const held = await exportHeldRuns(task);
  const roles = partRoles(task.sides);
  await exportBlocks(
    task,
    blocksOfRuns(task.sides, {}, (runId) => !held.has(runId)),
    roles,
  );
  for (const role of roles) await exportBlocks(task, runsWithout(task, role), [role]);
}

/** So many blocks are asked for at once: a server 50 ms away costs little. */
const blocksAhead = 4;

async function exportBlocks(
  task: ExportTask,
  blocks: AsyncIterable<readonly OwnRecord[]>,
  roles: readonly PartRole[],
): Promise<void> {
  for await (const block of ahead(blocks, blocksAhead, (block) => lookUp(task, block, roles))) {
    task.tally.behind.push(...(await exportBlock(task, block)));
  }
}

/** So many ids are looked for at once, and so many of runs that MongoDB has not are a block. */
const [idsAtOnce, orphansInBlock] = [5_000, 250];

/** What belongs to runs that MongoDB does not have. */
async function* runsWithout({ sides }: ExportTask, role: PartRole): AsyncGenerator<OwnRecord[]> {
  const findUnknown = async (runIds: readonly string[]) => {
    const known = await idsAmong(sides, "runs", runIds);
    return runIds.filter((runId) => !known.has(runId));
  };
  const ids = blocksOf(runIdsIn(sides, role), idsAtOnce);
  for await (const orphans of ahead(ids, blocksAhead, findUnknown)) {
    for (let at = 0; at < orphans.length; at += orphansInBlock) {
      yield orphans.slice(at, at + orphansInBlock).map((runId) => ({ runId }));
    }
  }
}
