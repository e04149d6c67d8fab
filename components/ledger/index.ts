/** The ledger: the migration's record in the database, with all cutovers. */
import type { Collection, Db, Timestamp } from "mongodb";
import { type Patience, withRetries } from "../mongo";

/** The migration's id, which is its name in the specification's first paragraph. */
export const migrationId = "20251106-task-runner-baseline";

/** A recorded cutover: from `at` on, a database is the source of truth. */
export interface LedgerCutover {
  readonly at: Date;
  /** The stack that recorded it, `<project>/<stack>`. */
  readonly stack: string;
}

/** The migration's record; times are UTC, durations in ms. */
export interface LedgerRecord {
  readonly _id: string;
  readonly checksum: string;
  readonly stack: string;
  readonly toolVersion: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly commands: readonly { command: string; reason: string; durationMs: number }[];
  /** When the last cutover was recorded; absent before the first. */
  readonly cutoverAt?: Date;
  /** A copy of `cutover.json` as it was last written while MongoDB accepted writes; absent before the first cutover. */
  readonly cutoverFile?: object;
  /** All cutovers; absent before the first if the script created the record. */
  readonly cutovers?: readonly LedgerCutover[];
  /** The number of the last cutover whose rollback began, from 1; absent before the first rollback. */
  readonly endedCutover?: number;
  /** When an export last confirmed that it reads current data; absent before the first export. */
  readonly exportedAt?: Date;
  /** Log entries before this moment may be missing, because an expiry deleted them; absent if there was none. */
  readonly logsExpiredBefore?: Date;
  /** When that expiry was lifted or changed: entries that were inserted later did not expire by it. */
  readonly logExpiryEndedAt?: Date;
}

/** The ledger's collection, named by the setting `advanced.ledger`. */
export function ledgerRecords(db: Db, ledger: string): Collection<LedgerRecord> {
  return db.collection<LedgerRecord>(ledger);
}

/**
 * Reads the migration's record; null if the database has none.
 *
 * @param patience how long the read is retried if the server has trouble
 * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
 */
export function readRecord(
  db: Db,
  ledger: string,
  patience?: Patience,
): Promise<LedgerRecord | null> {
  const records = ledgerRecords(db, ledger);
  const read = () => records.findOne({ _id: migrationId });
  return withRetries(`Reading ${records.namespace}`, read, patience);
}

/** The database is neither the cutover's nor a copy of it. Nothing was changed. */
export class CutoverMissing extends Error {
  override readonly name = "CutoverMissing";
}

/**
 * Checks that a database is the source of truth since a cutover, or a copy of it. Its ledger must have this cutover,
 * because other environments have cutovers too, even newer ones.
 *
 * @param at the cutover, in ISO 8601
 * @throws CutoverMissing
 * @throws ServerTroubleError as `readRecord`
 */
export async function requireCutover(
  db: Db,
  ledger: string,
  at: string,
  patience?: Patience,
): Promise<void> {
  const { cutovers = [] } = (await readRecord(db, ledger, patience)) ?? {};
  if (cutovers.some((one) => one.at.toISOString() === at)) return;
  throw new CutoverMissing(
    `Database ${db.databaseName} is not the one that the services have used since ${at}: its ${ledger} ` +
      "has no record of that cutover. What the services wrote is in another database. Set cluster, mongoUri " +
      "and advanced.ledger to that database and run it again. If its server is lost, keep its mongoUri or " +
      "remove it: storageMode: filesystem then exports nothing and holds unfinished runs.",
  );
}

/**
 * Records a cutover: the moment from which MongoDB is the source of truth.
 *
 * @throws Error if the migration has no record
 */
export async function addCutover(db: Db, ledger: string, cutover: LedgerCutover): Promise<void> {
  const records = ledgerRecords(db, ledger);
  const { matchedCount } = await records.updateOne(
    { _id: migrationId },
    { $set: { cutoverAt: cutover.at }, $addToSet: { cutovers: cutover } },
  );
  if (matchedCount > 0) return;
  throw new Error(
    `Recording the cutover in ${records.namespace} failed: it has no record of the migration ` +
      `${migrationId}. Run \`taskrunner-storage apply\`, which creates it, then run this again.`,
  );
}

/** Updates the ledger's copy of `cutover.json`. */
export async function recordCutoverFile(
  db: Db,
  ledger: string,
  cutoverFile: object,
): Promise<void> {
  await ledgerRecords(db, ledger).updateOne({ _id: migrationId }, { $set: { cutoverFile } });
}

/**
 * Records that an export begins. A majority that has this write also has every write acknowledged before it.
 *
 * @param at the cutover in ISO 8601; if the record lacks it, nothing is written; undefined before the first cutover
 * @param ended the cutover that a rollback ends, if any
 * @param timeoutMs limit for the majority's acknowledgement
 * @returns the write's operation time; undefined on a standalone server
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
      { _id: migrationId, ...(at !== undefined && { "cutovers.at": new Date(at) }) },
      {
        $set: { exportedAt: new Date() },
        ...(ended !== undefined && { $max: { endedCutover: ended } }),
      },
      { session, writeConcern },
    );
    return session.operationTime;
  });
}

/** Records that a log expiry ends now, and the moment up to which it may have deleted entries. */
export async function recordExpired(db: Db, ledger: string, before: Date): Promise<void> {
  const change = { $max: { logsExpiredBefore: before, logExpiryEndedAt: new Date() } };
  await ledgerRecords(db, ledger).updateOne({ _id: migrationId }, change);
}
