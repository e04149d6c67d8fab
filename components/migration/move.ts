import type { Db } from "mongodb";
import { latestOf, migrationId, type LedgerRecord } from "../ledger";

/** A database that is to be used in the place of another while the services work on that one. */
export interface Move {
  /** The collection of the record in the former database. */
  readonly ledger: string;
  /** How new the record was there, in ISO 8601; absent where a state does not know it. */
  readonly since: string | undefined;
  /** Which record it was there, by its `identity`; absent where a state does not know it. */
  readonly identity: string | undefined;
  /** The former database in words, with no secret. */
  readonly from: string;
  /** The hosts of the other. */
  readonly to: string;
  /**
   * Whether the former has no fence, so that the services never worked on it: then a database that
   * has one is where they are. False where the former is out of reach.
   */
  readonly isFormerUnused?: () => Promise<boolean>;
}

/** A database that has not what the services wrote since the cutover; nothing was changed. */
export class MoveRefused extends Error {
  override readonly name = "MoveRefused";
}

/** @throws MoveRefused */
export async function requireCopy(db: Db, move: Move): Promise<void> {
  const refusal = await refusalOfMove(db, move);
  if (refusal !== undefined) throw new MoveRefused(refusal);
}

/**
 * Why a database cannot take the place of the former one; undefined where it can. An import reads
 * files as old as the cutover: without a copy of the former database, what the services wrote since
 * would not be there. A copy has the former's record, as new or newer.
 */
export async function refusalOfMove(db: Db, move: Move): Promise<string | undefined> {
  const record = await db.collection<LedgerRecord>(move.ledger).findOne({ _id: migrationId });
  if (record && isSameRecord(record, move) && !isOlder(record, move)) return undefined;
  if (record?.fencedAt && (await move.isFormerUnused?.())) return undefined;
  const found = record ? foundInWords(record, move) : "no record of the migration";
  return [
    `Going on with database ${db.databaseName} on ${move.to}, in the place of ${move.from}, is ` +
      `refused; nothing was changed. Since the cutover the former has what the services wrote, and ` +
      `this is no copy of it: its ${move.ledger} has ${found}. There are two ways:`,
    `By way of files: let cluster and mongoUri name ${move.from} again, \`pulumi up\`; set storageMode: ` +
      "filesystem, `pulumi up`, which exports what changed; name the other, set storageMode: mongo, " +
      "`pulumi up`. Where no cutover came as far as its fence nothing has to be named again.",
    `By a copy: stop worker and web, copy the whole database in the place of what is here, with ` +
      `${move.ledger} and the checkpoints (advanced.checkpoints), then run \`pulumi up\` again.`,
  ].join("\n");
}

/** Another environment's database has a record too, and a newer one. */
function isSameRecord(record: LedgerRecord, { identity }: Move): boolean {
  return identity === undefined || record.identity === identity;
}

function isOlder(record: LedgerRecord, { since }: Move): boolean {
  return since !== undefined && latestOf(record) < new Date(since);
}

function foundInWords(record: LedgerRecord, move: Move): string {
  return isSameRecord(record, move)
    ? `a record of ${latestOf(record).toISOString()}, older than that of ${move.since}`
    : `another record than the former's, of stack ${record.stack}`;
}

/** Whether a cutover to this database came as far as its fence. */
export async function isFenced(db: Db, ledger: string): Promise<boolean> {
  const record = await db.collection<LedgerRecord>(ledger).findOne({ _id: migrationId });
  return record?.fencedAt !== undefined;
}

/** Notes that the migration goes on here: the record that stays behind is older from now on. */
export async function recordMove(db: Db, ledger: string): Promise<Date> {
  const movedAt = new Date();
  await db
    .collection<LedgerRecord>(ledger)
    .updateOne({ _id: migrationId }, { $set: { movedAt, finishedAt: null } });
  return movedAt;
}
