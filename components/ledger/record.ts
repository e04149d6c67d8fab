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
