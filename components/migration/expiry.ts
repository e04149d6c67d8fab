import type { Db } from "mongodb";
import { formatCount } from "../text";
import { readRecord, recordExpired } from "../ledger";
import { withRetries } from "../mongo";
import { kind, type OncePerCutover, type Step } from "../step";
import { untilDone } from "./execute";
import { recordCommand } from "./record";
import { describeSuspension } from "./planned";
import { openDatabase, inspect, migrationModule, type MigrationInputs } from "./step-inputs";
import { day, diffExpiry, expiryOf } from "./planner/diff";
import { observe } from "./planner/observe";

interface LogAddress {
  readonly collection: string;
  readonly ledger: string;
}

/**
 * Sets the expiry of log entries in days; 0 for never. Before that, it records up to when the former expiry may have
 * deleted entries, because the index then no longer shows it.
 *
 * @throws Error if there is no index for an expiry
 */
export async function setExpiry(
  db: Db,
  { collection, ledger }: LogAddress,
  days: number,
): Promise<void> {
  await withRetries(`Looking at the expiry of ${db.databaseName}.${collection}`, async () => {
    const before = await findExpiredBefore(db, collection);
    if (before) await recordExpired(db, ledger, before);
  });
  const planExpiry = async () => {
    const observed = await observe(db, [collection]);
    if (days > 0 && !expiryOf(collection, observed)) {
      throw new Error(
        `Setting the expiry in ${db.databaseName}.${collection} failed: no index has the key { timestamp: 1 } and no ` +
          "other options. Run `pulumi up --refresh`, which creates it and sets the expiry again.",
      );
    }
    return diffExpiry(collection, days, observed);
  };
  await untilDone(db, planExpiry, (executed) => recordCommand(db, ledger, executed));
}

/**
 * The moments up to which log expiries may have deleted entries, in ms since 1970; -Infinity for an expiry that was
 * never in force.
 */
export interface LogExpiry {
  /** Entries before this moment may be gone by the expiry in force. */
  readonly now: number;
  /** Entries before this moment may be gone by a former one, unless they were inserted after it ended. */
  readonly former: number;
  readonly formerEndedAt: number;
}

/** Finds up to when log expiries may have deleted entries, whatever the settings say. */
export async function findLogExpiry(
  db: Db,
  { collection, ledger }: LogAddress,
): Promise<LogExpiry> {
  const doing = `Looking at the expiry of ${db.databaseName}.${collection}`;
  const [live, record] = await withRetries(doing, () =>
    Promise.all([findExpiredBefore(db, collection), readRecord(db, ledger)]),
  );
  const { logsExpiredBefore, logExpiryEndedAt } = record ?? {};
  const toMs = (at: Date | undefined) => at?.getTime() ?? -Infinity;
  return {
    now: toMs(live),
    former: toMs(logsExpiredBefore),
    formerEndedAt: toMs(logExpiryEndedAt),
  };
}

async function findExpiredBefore(db: Db, collection: string): Promise<Date | undefined> {
  const seconds = expiryOf(collection, await observe(db, [collection]))?.expireAfterSeconds;
  return seconds === undefined ? undefined : new Date(Date.now() - seconds * 1_000);
}

export interface RetentionInputs extends MigrationInputs, OncePerCutover {
  readonly collection: string;
  /** Days until an entry expires; 0 for never. */
  readonly days: number;
}

/**
 * Suspends an earlier cutover's TTL, which would delete old entries during the import. A refresh reads the TTL only
 * into `logRetention`.
 */
export const suspendLogTtl: Step<RetentionInputs, object> = {
  ...kind<RetentionInputs, object>("SuspendLogTtl", migrationModule),
  id: () => "suspend-log-ttl",
  followsServer: true,
  compares: ["database", "collection", "days", "cutover"],
  describes: describeSuspension,
  job: {},
  forward: async (inputs) => {
    await setExpiry(await openDatabase(inputs), inputs, inputs.days);
    return {};
  },
};

/** Sets, changes or removes the TTL after the verification, at the end of a cutover. */
export const logRetention: Step<RetentionInputs, object> = {
  ...suspendLogTtl,
  ...kind<RetentionInputs, object>("LogRetention", migrationModule),
  id: () => "log-retention",
  describes: ({ days }, state) => {
    if (days > 0) return `Let log entries expire after ${formatCount(days, "day")}.`;
    return state?.days ? "Keep all log entries: their expiry ends." : undefined;
  },
  reads: async (inputs) => {
    const { days, collection } = inputs;
    const observed = await inspect(inputs, collection, (db) => observe(db, [collection]));
    const [change] = diffExpiry(collection, days, observed);
    if (change?.kind !== "modify index") return {};
    return { days: (change.found.expireAfterSeconds ?? 0) / day };
  },
};
