import { randomBytes } from "node:crypto";
import type { Db } from "mongodb";
import { readRecord, recordFenceFile } from "../../ledger";
import { type Patience, ServerTroubleError, withRetries } from "../../mongo";
import { type Fence, readFence, writeFence } from "../../state";
import type { ExportSides } from "../export/sides";
import type { OlderSide } from "../reports";

/** A state directory, and the database whose ledger has a copy of its `fence.json`. */
export interface FenceSides extends Pick<
  ExportSides,
  "root" | "isUnconfirmed" | "retries" | "retryMs"
> {
  /** Undefined if MongoDB is unreachable. */
  readonly database: Db | undefined;
  /** The collection of the migration's record: the setting `advanced.ledger`. */
  readonly ledger: string;
}

/** Maximum number of tokens; only the newest counts. */
const keptTokens = 3;

/** A fence with a token of its own. */
export function renewToken(fence: Fence): Fence {
  const tokens = [randomBytes(8).toString("hex"), ...(fence.tokens ?? [])];
  return { ...fence, tokens: tokens.slice(0, keptTokens) };
}

/**
 * Changes `fence.json`, then the ledger's copy, and gives both a new token. If the ledger accepts no write, the next export
 * compares everything.
 */
export async function changeFence(
  sides: FenceSides,
  change: (fence: Fence) => Fence = (fence) => fence,
): Promise<void> {
  const { root, database, ledger, isUnconfirmed } = sides;
  const fence = await readFence(root);
  if (!fence) return;
  if (!database || isUnconfirmed) return writeFence(root, change(fence));
  const next = renewToken(change(fence));
  await writeFence(root, next);
  try {
    const doing = `Recording fence.json in ${database.databaseName}.${ledger}`;
    await withRetries(doing, () => recordFenceFile(database, ledger, next), sides);
  } catch (error) {
    if (!(error instanceof ServerTroubleError)) throw error;
  }
}

/** The ledger's copy of `fence.json`. */
export async function readFenceCopy(
  database: Db,
  ledger: string,
  patience: Patience,
): Promise<Fence | undefined> {
  return (await readRecord(database, ledger, patience))?.fenceFile as Fence | undefined;
}

/**
 * Prepares an export: bases are trusted only if directory and database are as the last export left them. Both get a new
 * token then, so that an older copy of one is recognized later.
 */
export async function vouchFor<Sides extends ExportSides & FenceSides>(
  sides: Sides,
): Promise<Sides> {
  const fence = await readFence(sides.root);
  if (!fence) return { ...sides, all: true };
  const older = findOlderSide(fence, await readFenceCopy(sides.database, sides.ledger, sides));
  if (older) return { ...sides, older, all: true };
  await changeFence(sides);
  return sides;
}

function findOlderSide(fence: Fence, copy: Fence | undefined): OlderSide | undefined {
  const [newest, ...former] = fence.tokens ?? [];
  const [recorded] = copy?.tokens ?? [];
  if (newest === undefined) return "directory";
  if (newest === recorded) return undefined;
  return recorded === undefined || former.includes(recorded) ? "mongo" : "directory";
}
