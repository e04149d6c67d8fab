import { type Fence, writeFence } from "../../state";
import { recordFence } from "../../ledger";
import { idsAmong } from "../export/documents";
import type { ExportSides } from "../export/export-run";
import { type StateFolder, heldRuns, openStateFolder, unfinishedRuns } from "../../state";
import { withRetries } from "../../mongo";

/** A fence, and the runs that a rollback without MongoDB held, which stay so. */
export interface DrawnFence {
  readonly fence: Fence;
  readonly held: readonly string[];
  /** Those of `held` that this MongoDB does not have: no service goes on with them. */
  readonly unknown: readonly string[];
}

/** Where a fence is drawn, and where its moment is noted. */
export interface FenceSides extends ExportSides {
  /** The collection of the migration's record: the setting `advanced.ledger`. */
  readonly ledger: string;
}

/**
 * Draws the fence: looks for what is unfinished, and notes the moment in the ledger and beside the
 * files. To be called while no worker runs. What is held stays there: its files are older than what MongoDB has, and a
 * cutover that stops here and is given up, or goes to a new MongoDB, must not execute them.
 *
 * @throws StateFolderError where the state root cannot be used
 * @throws ServerTroubleError where MongoDB will not do it, or has trouble for too long
 * @throws Error where the ledger has no record of the migration
 */
export async function drawFence(sides: FenceSides): Promise<DrawnFence> {
  const folder = await openStateFolder(sides);
  const at = new Date();
  const unfinished = await unfinishedIn(folder);
  const held = (await heldRuns(sides)).map(({ runId }) => runId);
  const known = await idsAmong(sides, "runs", held);
  const { database, ledger, root } = sides;
  const fence = { at: at.toISOString(), unfinishedCount: unfinished.length };
  const doing = `Recording the fence in ${database.databaseName}.${ledger}`;
  await withRetries(doing, () => recordFence(database, ledger, at));
  await writeFence(root, fence);
  return { fence, held, unknown: held.filter((runId) => !known.has(runId)) };
}

/** The runs whose files say that they may still execute steps. */
export async function unfinishedIn(folder: StateFolder): Promise<string[]> {
  const unfinished: string[] = [];
  for await (const { runId } of unfinishedRuns(folder)) unfinished.push(runId);
  return unfinished;
}
