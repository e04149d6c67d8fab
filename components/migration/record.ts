import { MongoServerError, type Db } from "mongodb";
import { version } from "../../package.json";
import { migrationId, readRecord, ledgerRecords, type LedgerRecord } from "../ledger";
import { withRetries } from "../mongo";
import type { Change, Executed } from "./planner/change";

/** The claimant and its wanted state. */
export interface Claim {
  readonly checksum: string;
  /** `<project>/<stack>`. */
  readonly stack: string;
  /** Whether to take over the record of another stack with another checksum. */
  readonly adopt: boolean;
}

/** Another stack or runner holds this database's migration, with another wanted state. */
export class ClaimRefused extends Error {
  override readonly name = "ClaimRefused";

  constructor(database: string, claim: Claim, held: Partial<LedgerRecord>) {
    const { checksum, stack = "unknown" } = held;
    const isOurs = typeof checksum === "string";
    const holder = isOurs
      ? `stack ${stack} holds it with other settings (checksum ${checksum.slice(0, 12)}, here ` +
        `${claim.checksum.slice(0, 12)})`
      : `another runner wrote its record, which has ${Object.keys(held).join(", ")} and no checksum`;
    const instead = isOurs
      ? "Give both stacks the same settings or different databases"
      : "Set advanced.ledger to a collection of its own";
    super(
      `Stack ${claim.stack} cannot claim the migration ${migrationId} of database ${database}: ${holder}. ` +
        `Nothing was changed. ${instead}, or set migration.adopt: true to take it over.`,
    );
  }
}

/**
 * Claims the migration before the first change. If two stacks with different wanted states claim an empty
 * database, exactly one succeeds, because both insert the same id.
 *
 * @throws ClaimRefused, ServerTroubleError if the trouble lasts a minute or two
 */
export async function claim(db: Db, ledger: string, asked: Claim): Promise<void> {
  const doing = `Claiming the migration in ${db.databaseName}.${ledger}`;
  await withRetries(doing, () => claimOnce(db, ledger, asked));
}

async function claimOnce(db: Db, ledger: string, asked: Claim): Promise<void> {
  const records = ledgerRecords(db, ledger);
  const start = {
    checksum: asked.checksum,
    stack: asked.stack,
    toolVersion: version,
    startedAt: new Date(),
    finishedAt: null,
    commands: [],
  };
  try {
    await records.insertOne({ _id: migrationId, ...start, cutovers: [] });
  } catch (error) {
    const exists = error instanceof MongoServerError && error.code === 11000;
    if (!exists) throw error;
  }
  const held = await readRecord(db, ledger);
  if (!held) return claimOnce(db, ledger, asked);
  const { checksum, stack } = held;
  if (checksum === asked.checksum) return;
  if (stack !== asked.stack && !asked.adopt) throw new ClaimRefused(db.databaseName, asked, held);
  const taken = await records.updateOne({ _id: migrationId, checksum, stack }, { $set: start });
  const isRaceLost = taken.matchedCount === 0;
  if (isRaceLost) await claimOnce(db, ledger, asked);
}

/**
 * Requires the claimed record. A new record would hide that the collections and indexes are gone as well.
 *
 * @throws Error if there is none
 */
export async function requireRecord(db: Db, ledger: string): Promise<void> {
  if (await readRecord(db, ledger)) return;
  throw new Error(
    `Claiming the migration ${migrationId} for another cutover in ${db.databaseName}.${ledger} ` +
      "failed: it has no record, so this is not the database of the last cutover. Run " +
      "`taskrunner-storage apply`, which creates the missing collections and indexes, then run this again.",
  );
}

/** Records an executed command, only once if retried. */
export async function recordCommand(db: Db, ledger: string, executed: Executed): Promise<void> {
  const { command, durationMs } = executed;
  const entry = { command: JSON.stringify(command.command), reason: command.reason, durationMs };
  const records = ledgerRecords(db, ledger);
  await withRetries(`Recording a command in ${records.namespace}`, () =>
    records.updateOne({ _id: migrationId }, { $addToSet: { commands: entry } }),
  );
}

/** Completes the record and returns when the migration was applied. */
export async function complete(db: Db, ledger: string, checksum: string): Promise<Date> {
  const doing = `Completing the migration in ${db.databaseName}.${ledger}`;
  return withRetries(doing, async () => {
    await ledgerRecords(db, ledger).updateOne(
      { _id: migrationId, checksum, finishedAt: null },
      { $set: { finishedAt: new Date() } },
    );
    const record = await readRecord(db, ledger);
    if (record?.finishedAt) return record.finishedAt;
    throw new Error(
      `Completing the migration ${migrationId} in ${db.databaseName}.${ledger} failed: the record ` +
        "of this claim was deleted, or another stack claimed it. Run it again to claim it again.",
    );
  });
}

/** The change that records the wanted state in the ledger; none if it is recorded. */
export async function diffLedger(db: Db, ledger: string, checksum: string): Promise<Change[]> {
  const record = await readRecord(db, ledger);
  if (record?.checksum === checksum && record.finishedAt) return [];
  const reason = !record
    ? "it has no record of this migration"
    : record.checksum === checksum
      ? "its record is not finished"
      : `its record, by stack ${record.stack}, has other settings`;
  return [{ kind: "record ledger", ledger, checksum, reason }];
}
