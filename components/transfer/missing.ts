import { join } from "node:path";
import { atOnce, isUnfinished, listHeldRuns, listUnfinishedRuns, stampByOpening } from "../state";
import { ListHash, type MissingRuns } from "./accepted";
import { basesIn, readBases } from "./bases";
import { reading } from "./documents";
import type { BothSides } from "./sides";

/** Leaves out most runs that are finished, for speed; `isUnfinished` decides. */
const step = { enabled: { $ne: false }, status: { $nin: ["Succeeded", "Failed", "Skipped"] } };
const mayExecute = { $or: [{ "steps.0": { $exists: false } }, { steps: { $elemMatch: step } }] };

/** The number of files that are looked for at once. */
const filesAtOnce = 16;

/**
 * Finds unfinished runs that MongoDB has from an import, and whose files are gone: deletions are never carried
 * over, and a worker in Mongo mode would execute their steps.
 *
 * @throws ServerTroubleError if MongoDB will not do it, or has trouble for too long
 */
export async function findMissingRuns(sides: BothSides): Promise<MissingRuns> {
  const { database, root } = sides;
  const known = await reading(sides, "runs", async (all) => {
    const ids: string[] = [];
    for await (const run of all.find(mayExecute, { projection: { steps: 1 } })) {
      if (isUnfinished(run)) ids.push(String(run._id));
    }
    return readBases(basesIn(database), new Map([["runs", ids]]));
  });
  const missing = new Set<string>();
  await atOnce(filesAtOnce, [...(known.get("runs") ?? [])], async ([runId, { file, next }]) => {
    const name = file ?? next?.file;
    if (name !== undefined && !(await stampByOpening(join(root, name)))) missing.add(runId);
  });
  if (missing.size > 0) {
    for (const { runId } of await listHeldRuns(sides)) missing.delete(runId);
    for await (const { runId } of listUnfinishedRuns(sides)) missing.delete(runId);
  }
  const runs = [...missing].sort();
  const hash = runs.reduce((list, runId) => list.add(runId), new ListHash()).toString();
  return { count: runs.length, runs, hash };
}
