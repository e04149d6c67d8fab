import { mkdir } from "node:fs/promises";
import { ahead, atOnce, blocksOf, requireInside, toConflictsAddress } from "../../state";
import { runsWithBase, basesIn } from "../bases";
import { idsAmong, runIdsIn } from "../documents";
import { exportBlock, partRoles } from "./block";
import { exportHeldRuns } from "./held";
import { type OwnRecord, type PartRole, blocksOfRuns, lookUp } from "./look";
import { type ExportReport, ExportTally } from "./report";
import type { ExportSides, ExportTask, RunInMongo } from "./run";

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
  const trouble = sides.isUnconfirmed ? "no majority has what was read" : undefined;
  const bases = { collection: basesIn(sides.database), trouble };
  const task = {
    sides,
    conflicts: toConflictsAddress(sides),
    bases,
    tally,
    settled: [],
    turns: new Map(),
  };
  await exportAll(task);
  return { ...tally.report(), ...(bases.trouble && { baseTrouble: bases.trouble }) };
}

/** Runs, and what has no run: to find that, MongoDB reads all parts, which takes its time. */
async function exportAll(task: ExportTask): Promise<void> {
  const held = await exportHeldRuns(task);
  const roles = partRoles(task.sides);
  const runs = blocksOfRuns(task.sides, {}, (runId) => !held.has(runId));
  const works = [
    () => exportBlocks(task, runs, roles),
    ...roles.map((role) => () => exportBlocks(task, runsWithout(task, role), [role])),
    async () => {
      const had = runsWithBase(task.bases.collection, task.sides);
      for await (const gone of unknownAmong(task.sides, had)) task.tally.behind.push(...gone);
    },
  ];
  await atOnce(works.length, works, (work) => work());
}

/**
 * So many blocks are asked for, and written, at once: a server 50 ms away costs little. A block has few
 * runs to write, but each of them takes some five round trips.
 */
const [blocksAhead, blocksWritten] = [4, 8];

async function exportBlocks(
  task: ExportTask,
  blocks: AsyncIterable<readonly OwnRecord[]>,
  roles: readonly PartRole[],
): Promise<void> {
  const found = ahead(blocks, blocksAhead, (block) => lookUp(task, block, roles));
  const write = (block: readonly RunInMongo[]) => exportBlock(task, block);
  for await (const runs of ahead(found, blocksWritten, write)) {
    for (const { runId, tally, isBehind } of runs) {
      task.tally.add(tally);
      if (isBehind) task.tally.behind.push(runId);
    }
  }
}

/** So many ids are looked for at once, and so many of runs that MongoDB has not are a block. */
const [idsAtOnce, orphansInBlock] = [5_000, 250];

/** What belongs to runs that MongoDB does not have. */
async function* runsWithout({ sides }: ExportTask, role: PartRole): AsyncGenerator<OwnRecord[]> {
  for await (const orphans of unknownAmong(sides, runIdsIn(sides, role))) {
    for (let at = 0; at < orphans.length; at += orphansInBlock) {
      yield orphans.slice(at, at + orphansInBlock).map((runId) => ({ runId }));
    }
  }
}

/** Those of some runs that MongoDB does not have. */
function unknownAmong(sides: ExportSides, runIds: AsyncIterable<string>): AsyncGenerator<string[]> {
  return ahead(blocksOf(runIds, idsAtOnce), blocksAhead, async (some) => {
    const known = await idsAmong(sides, "runs", some);
    return some.filter((runId) => !known.has(runId));
  });
}
