import { randomBytes } from "node:crypto";
import type { Db } from "mongodb";
import { readRecord, recordCutoverFile } from "../../ledger";
import { type Patience, ServerTroubleError, withRetries } from "../../mongo";
import { type CutoverRecord, readCutoverRecord, writeCutoverRecord } from "../../state";
import type { ExportSides } from "../export/sides";
import type { OlderSide } from "../reports";

/** A state directory, and the database whose ledger has a copy of its `cutover.json`. */
export interface CutoverSides extends Pick<
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

/** A record with a token of its own. */
export function renewToken(cutoverRecord: CutoverRecord): CutoverRecord {
  const tokens = [randomBytes(8).toString("hex"), ...(cutoverRecord.tokens ?? [])];
  return { ...cutoverRecord, tokens: tokens.slice(0, keptTokens) };
}

/**
 * Changes `cutover.json`, then the ledger's copy, and gives both a new token. If the ledger rejects the write, the next
 * export compares everything.
 */
export async function changeCutoverRecord(
  sides: CutoverSides,
  change: (cutoverRecord: CutoverRecord) => CutoverRecord = (cutoverRecord) => cutoverRecord,
): Promise<void> {
  const { root, database, ledger, isUnconfirmed } = sides;
  const cutoverRecord = await readCutoverRecord(root);
  if (!cutoverRecord) return;
  if (!database || isUnconfirmed) return writeCutoverRecord(root, change(cutoverRecord));
  const next = renewToken(change(cutoverRecord));
  await writeCutoverRecord(root, next);
  try {
    const doing = `Recording cutover.json in ${database.databaseName}.${ledger}`;
    await withRetries(doing, () => recordCutoverFile(database, ledger, next), sides);
  } catch (error) {
    if (!(error instanceof ServerTroubleError)) throw error;
  }
}

/** The ledger's copy of `cutover.json`. */
export async function readCutoverCopy(
  database: Db,
  ledger: string,
  patience: Patience,
): Promise<CutoverRecord | undefined> {
  return (await readRecord(database, ledger, patience))?.cutoverFile as CutoverRecord | undefined;
}

/**
 * Prepares an export: trusts merge bases only if directory and database are as the last export left them. If so, gives
 * both a new token, so that an older copy of either is recognized later.
 */
export async function vouchFor<Sides extends ExportSides & CutoverSides>(
  sides: Sides,
): Promise<Sides> {
  const cutoverRecord = await readCutoverRecord(sides.root);
  if (!cutoverRecord) return { ...sides, all: true };
  const older = findOlderSide(
    cutoverRecord,
    await readCutoverCopy(sides.database, sides.ledger, sides),
  );
  if (older) return { ...sides, older, all: true };
  await changeCutoverRecord(sides);
  return sides;
}

function findOlderSide(
  cutoverRecord: CutoverRecord,
  copy: CutoverRecord | undefined,
): OlderSide | undefined {
  const [newest, ...former] = cutoverRecord.tokens ?? [];
  const [recorded] = copy?.tokens ?? [];
  if (newest === undefined) return "directory";
  if (newest === recorded) return undefined;
  return recorded === undefined || former.includes(recorded) ? "mongo" : "directory";
}
