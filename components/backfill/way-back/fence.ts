import type { Db } from "mongodb";
import { recordFence } from "../../ledger";
import { heldRuns, putBack, unfinishedRuns } from "../held";
import { withRetries } from "../server-trouble";
import { openStateFolder, type StateAddress, type StateFolder } from "../state-folder";

/** What is known of the moment from which on MongoDB is the truth (decision 9). */
export interface Fence {
  /** When the worker, drained, was about to start in Mongo mode: ISO 8601. */
  readonly at: string;
  /** The runs whose files said then that they may still execute steps. */
  readonly unfinished: readonly string[];
}

/** A fence, and the runs that stay set aside because another file has their place. */
export interface DrawnFence {
  readonly fence: Fence;
  readonly inTheWay: readonly string[];
}

/** Where a fence is drawn, and where its moment is noted. */
export interface FenceSides extends StateAddress {
  readonly database: Db;
  /** The collection of the migration's record: the setting `migration.ledger`. */
  readonly ledger: string;
}

/**
 * Draws the fence: notes its moment in the ledger, puts files that are set aside back in their
 * places and looks for what is unfinished. To be called while no worker runs. `inTheWay` names the
 * runs that stay set aside, because another file has the place.
 *
 * @throws StateFolderError where the state root cannot be used
 * @throws ServerTroubleError where MongoDB will not do it, or has trouble for too long
 * @throws Error where the ledger has no record of the migration
 */
export async function drawFence(sides: FenceSides): Promise<DrawnFence> {
  const folder = await openStateFolder(sides);
  const at = new Date();
  const { database, ledger } = sides;
  const doing = `Recording the fence in ${database.databaseName}.${ledger}`;
  await withRetries(doing, () => recordFence(database, ledger, at));
  // Not before: a cutover that stops there and is given up must not execute what was set aside.
  const { inTheWay } = await putBack(sides, await heldRuns(sides));
  const unfinished = await unfinishedIn(folder);
  return { fence: { at: at.toISOString(), unfinished }, inTheWay };
}

/** The runs whose files say that they may still execute steps. */
export async function unfinishedIn(folder: StateFolder): Promise<string[]> {
  const unfinished: string[] = [];
  for await (const { runId } of unfinishedRuns(folder)) unfinished.push(runId);
  return unfinished;
}
