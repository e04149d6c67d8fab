import type { Collection, Db } from "mongodb";
import { migrationId } from "./migration-id";

/** The ledger's record of the migration; times are UTC, durations in ms. */
export interface LedgerRecord {
  readonly _id: string;
  /** Random, made with the record: a copy of the database has it too. The script makes none. */
  readonly identity?: string;
  readonly checksum: string;
  readonly stack: string;
  readonly who: string;
  readonly toolVersion: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly commands: readonly { command: string; reason: string; durationMs: number }[];
  /** When the last cutover's fence was drawn (decision 9); absent until one came as far. */
  readonly fencedAt?: Date;
  /** When each fence was drawn; absent in a record of the script until one was. */
  readonly fences?: readonly Date[];
  /** When a stack last went on here with a copy of another server's database; absent without one. */
  readonly movedAt?: Date;
}

/** How new a record is: when it was begun, finished, or came to its server, whichever was last. */
export function latestOf({ startedAt, finishedAt, movedAt }: LedgerRecord): Date {
  return new Date(Math.max(...[startedAt, finishedAt, movedAt].map((at) => at?.getTime() ?? 0)));
}

/** A database that is neither the one of a cutover nor a copy of it; nothing was changed. */
export class FenceMissing extends Error {
  override readonly name = "FenceMissing";
}

/**
 * Makes sure that a database is the one that is the truth since a fence, or a copy of it.
 *
 * @param at when the fence was drawn, in ISO 8601
 * @throws FenceMissing
 */
export async function requireFence(db: Db, ledger: string, at: string): Promise<void> {
  const record = await recordsIn(db, ledger).findOne({ _id: migrationId });
  if (record && hasFence(record, new Date(at))) return;
  throw new FenceMissing(
    `Database ${db.databaseName} of the server that is named now is not where the services work on ` +
      `MongoDB since ${at}: its ${ledger} knows nothing of that fence. What they wrote is elsewhere, ` +
      "unless advanced.ledger was renamed since then. Let cluster and mongoUri name the server that " +
      "the services work on, and advanced.ledger the collection of then, then run again. Where that " +
      "server is lost, storageMode: filesystem without mongoUri, or with that of the lost one, exports " +
      "nothing and sets unfinished runs aside.",
  );
}

/** Not a newer one: another environment's database has fences too, and newer ones. */
function hasFence({ fences = [] }: LedgerRecord, drawn: Date): boolean {
  return fences.some((one) => one.getTime() === drawn.getTime());
}

/**
 * Notes the moment from which on MongoDB is the truth, as the last and beside former cutovers'.
 *
 * @param ledger the collection of the record: the setting `advanced.ledger`
 * @throws Error where the migration has no record
 */
export async function recordFence(db: Db, ledger: string, at: Date): Promise<void> {
  const records = recordsIn(db, ledger);
  if (await noteFences(records, [at], at)) return;
  throw new Error(
    `Recording the fence in ${records.namespace} failed: there is no record of the migration ` +
      `${migrationId}. Run \`taskrunner-storage apply\`, which makes it, then do this again.`,
  );
}

/**
 * Takes the fences along to the record in another collection, where `advanced.ledger` was renamed:
 * a way back looks for its fence there. Without a former record nothing is done.
 */
export async function carryFences(db: Db, formerLedger: string, ledger: string): Promise<void> {
  const former = await recordsIn(db, formerLedger).findOne({ _id: migrationId });
  if (!former?.fencedAt) return;
  await noteFences(recordsIn(db, ledger), former.fences ?? [], former.fencedAt);
}

/** Whether there is a record. */
async function noteFences(
  records: Collection<LedgerRecord>,
  fences: readonly Date[],
  last: Date,
): Promise<boolean> {
  const { matchedCount } = await records.updateOne(
    { _id: migrationId },
    { $set: { fencedAt: last }, $addToSet: { fences: { $each: [...fences] } } },
  );
  return matchedCount > 0;
}

function recordsIn(db: Db, ledger: string): Collection<LedgerRecord> {
  return db.collection<LedgerRecord>(ledger);
}
