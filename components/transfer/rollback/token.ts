import { randomBytes } from "node:crypto";
import type { Db } from "mongodb";
import { readRecord, recordCutoverFile } from "../../ledger";
import { type Patience, ServerTroubleError, withRetries } from "../../mongo";
import {
  type CutoverRecord,
  type CutoverToken,
  readCutoverRecord,
  writeCutoverRecord,
} from "../../state";
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

/** A new token, which is newer than those of the records of both sides. */
export function newToken(...known: readonly (CutoverRecord | undefined)[]): CutoverToken {
  return { n: 1 + Math.max(...known.map(numberOf)), id: randomBytes(8).toString("hex") };
}

/** The number of a record's token. A token of an earlier version is older than any number. */
function numberOf(cutoverRecord: CutoverRecord | undefined): number {
  return cutoverRecord?.token?.n ?? 0;
}

/**
 * Changes `cutover.json`, then the ledger's copy, and gives both a new token. If the ledger cannot be read or written,
 * the next export compares everything.
 */
export async function changeCutoverRecord(
  sides: CutoverSides,
  change: (cutoverRecord: CutoverRecord) => CutoverRecord = (cutoverRecord) => cutoverRecord,
): Promise<void> {
  const { root, database, ledger, isUnconfirmed } = sides;
  const cutoverRecord = await readCutoverRecord(root);
  if (!cutoverRecord) return;
  if (!database || isUnconfirmed) return writeCutoverRecord(root, change(cutoverRecord));
  const copy = await unlessTrouble(readCutoverCopy(database, ledger, sides));
  const next = { ...change(cutoverRecord), token: newToken(cutoverRecord, copy) };
  await writeCutoverRecord(root, next);
  const doing = `Recording cutover.json in ${database.databaseName}.${ledger}`;
  const record = () => recordCutoverFile(database, ledger, next);
  await unlessTrouble(withRetries(doing, record, sides));
}

/** The result of work in the ledger; undefined if the server has trouble for too long. */
function unlessTrouble<Result>(work: Promise<Result>): Promise<Result | undefined> {
  return work.catch((error: unknown) => {
    if (!(error instanceof ServerTroubleError)) throw error;
    return undefined;
  });
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
  const { token } = cutoverRecord;
  const ours = numberOf(cutoverRecord);
  const theirs = numberOf(copy);
  if (ours !== theirs) return ours < theirs ? "directory" : "mongo";
  if (token) return token.id === copy?.token?.id ? undefined : "diverged";
  // The order of tokens of an earlier version is known only as far as the directory lists them.
  const [newest, ...former] = cutoverRecord.tokens ?? [];
  const [recorded] = copy?.tokens ?? [];
  if (newest === undefined) return "directory";
  if (newest === recorded) return undefined;
  return recorded === undefined || former.includes(recorded) ? "mongo" : "directory";
}
