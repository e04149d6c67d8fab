import type { Db } from "mongodb";
import { migrationId } from "./migration-id";

/** The ledger's record of the migration; times are UTC, durations in ms. */
export interface LedgerRecord {
  readonly _id: string;
  readonly checksum: string;
  readonly stack: string;
  readonly who: string;
  readonly toolVersion: string;
  readonly startedAt: Date;
  readonly finishedAt: Date | null;
  readonly commands: readonly { command: string; reason: string; durationMs: number }[];
  /** When the last cutover's fence was drawn (decision 9); absent until one came as far. */
  readonly fencedAt?: Date;
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
 * Makes sure that a database is the one that is the truth since a fence, or a copy of it. A version
 * of this tool that did not note fences leaves a record that was begun before.
 *
 * @param at when the fence was drawn, in ISO 8601
 * @throws FenceMissing
 */
export async function requireFence(db: Db, ledger: string, at: string): Promise<void> {
  const record = await db.collection<LedgerRecord>(ledger).findOne({ _id: migrationId });
  const drawn = new Date(at);
  const has = record?.fencedAt ? record.fencedAt >= drawn : record && record.startedAt <= drawn;
  if (has) return;
  throw new FenceMissing(
    `Database ${db.databaseName} of the server that is named now is not where the services work on ` +
      `MongoDB since ${at}: its ${ledger} knows nothing of that fence. What they wrote is elsewhere. ` +
      "Let cluster and mongoUri name the server that the services work on, then run again. Where that " +
      "one is lost, storageMode: filesystem without mongoUri, or with that of the lost one, exports " +
      "nothing and sets unfinished runs aside.",
  );
}

/**
 * Notes the moment from which on MongoDB is the truth, in the place of a former cutover's.
 *
 * @param ledger the collection of the record: the setting `migration.ledger`
 * @throws Error where the migration has no record
 */
export async function recordFence(db: Db, ledger: string, at: Date): Promise<void> {
  const records = db.collection<LedgerRecord>(ledger, { writeConcern: { w: "majority" } });
  const { matchedCount } = await records.updateOne(
    { _id: migrationId },
    { $set: { fencedAt: at } },
  );
  if (matchedCount > 0) return;
  throw new Error(
    `Recording the fence in ${records.namespace} failed: there is no record of the migration ` +
      `${migrationId}. Run \`taskrunner-storage apply\`, which makes it, then do this again.`,
  );
}
