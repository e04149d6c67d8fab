/** What is kept of a migration in the database: the record that it claims and completes, with all fences. */
import type { Collection, Db, Timestamp } from "mongodb";

/** The migration's id in the ledger: the name it has upstream (the document, first paragraph). */
export const migrationId = "20251106-task-runner-baseline";

/** The ledger's record of the migration; times are UTC, durations in ms. */
export interface LedgerRecord {
  readonly _id: string;
  readonly checksum: string;
  readonly stack: string;
  readonly toolVersion: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly commands: readonly { command: string; reason: string; durationMs: number }[];
  /** When the last cutover's fence was drawn (decision 9); absent until one came as far. */
  readonly fencedAt?: Date;
  /** When each fence was drawn; absent in a record of the script until one was. */
  readonly fences?: readonly Date[];
  /** The last cutover whose rollback began, from 1; absent until one did. */
  readonly endedCutover?: number;
  /** When an export last proved that it reads what is current; absent until one did. */
  readonly exportedAt?: Date;
  /** Log entries of before may be gone by an expiry that was changed or lifted since; absent: none was. */
  readonly logsExpiredBefore?: Date;
}

/** The ledger's collection, which is the setting `advanced.ledger`. */
export function ledgerRecords(db: Db, ledger: string): Collection<LedgerRecord> {
  return db.collection<LedgerRecord>(ledger);
}

/** The migration's record; null if the database has none. */
export function readRecord(db: Db, ledger: string): Promise<LedgerRecord | null> {
  return ledgerRecords(db, ledger).findOne({ _id: migrationId });
}

/** A database that is neither the one of a cutover nor a copy of it; nothing was changed. */
export class FenceMissing extends Error {
  override readonly name = "FenceMissing";
}

/**
 * Makes sure that a database is the one that is the truth since a fence, or a copy of it. Another
 * environment's has fences too, and newer ones.
 *
 * @param at when the fence was drawn, in ISO 8601
 * @throws FenceMissing
 */
export async function requireFence(db: Db, ledger: string, at: string): Promise<void> {
  if ((await readRecord(db, ledger))?.fences?.some((one) => one.toISOString() === at)) return;
  throw new FenceMissing(
    `Database ${db.databaseName} is not the one that the services have used since ${at}: its ${ledger} ` +
      "has no record of that fence. What the services wrote is in another database. Set cluster, mongoUri " +
      "and advanced.ledger to that database and run it again. If its server is lost, keep its mongoUri or " +
      "remove it: storageMode: filesystem then exports nothing and holds unfinished runs.",
  );
}

/** The last cutover whose rollback began, from 1, as the database knows; 0 before the first. */
export async function readEndedCutover(db: Db, ledger: string): Promise<number> {
  return (await readRecord(db, ledger))?.endedCutover ?? 0;
}

/** When the last fence was drawn in a database, in ISO 8601; undefined where none was. */
export async function lastFence(db: Db, ledger: string): Promise<string | undefined> {
  return (await readRecord(db, ledger))?.fencedAt?.toISOString();
}

/**
 * Notes the moment from which on MongoDB is the truth, as the last and beside former cutovers'.
 *
 * @throws Error where the migration has no record
 */
export async function recordFence(db: Db, ledger: string, at: Date): Promise<void> {
  const records = ledgerRecords(db, ledger);
  const { matchedCount } = await records.updateOne(
    { _id: migrationId },
    { $set: { fencedAt: at }, $addToSet: { fences: at } },
  );
  if (matchedCount > 0) return;
  throw new Error(
    `Recording the fence in ${records.namespace} failed: it has no record of the migration ` +
      `${migrationId}. Run \`taskrunner-storage apply\`, which creates it, then run this again.`,
  );
}

/**
 * Records that an export begins: a majority that has this write has all that was acknowledged before.
 *
 * @param at the fence in ISO 8601, without which nothing is written; undefined if no cutover drew one
 * @param ended the cutover that a rollback ends; absent if none does
 * @param timeoutMs how long a majority may take
 * @returns the write's operation time; undefined for a standalone server
 */
export async function recordExport(
  db: Db,
  ledger: string,
  { at, ended }: { readonly at: string | undefined; readonly ended?: number | undefined },
  timeoutMs: number,
): Promise<Timestamp | undefined> {
  return db.client.withSession(async (session) => {
    const writeConcern = { w: "majority", journal: true, wtimeoutMS: timeoutMs } as const;
    await ledgerRecords(db, ledger).updateOne(
      { _id: migrationId, ...(at !== undefined && { fences: new Date(at) }) },
      {
        $set: { exportedAt: new Date() },
        ...(ended !== undefined && { $max: { endedCutover: ended } }),
      },
      { session, writeConcern },
    );
    return session.operationTime;
  });
}

/** Records that an expiry which ends now may have deleted log entries up to this moment. */
export async function recordExpired(db: Db, ledger: string, before: Date): Promise<void> {
  const change = { $max: { logsExpiredBefore: before } };
  await ledgerRecords(db, ledger).updateOne({ _id: migrationId }, change);
}
