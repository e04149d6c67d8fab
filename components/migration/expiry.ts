import type { Db } from "mongodb";
import { readExpired, recordExpired } from "../ledger";
import { withRetries } from "../mongo";
import { untilDone } from "./execute";
import { recordCommand } from "./ledger";
import { observe } from "./planner/observe";
import { diffExpiry, expiryOf } from "./planner/diff";

/** The collections of the logs and of the ledger. */
interface LogAddress {
  readonly collection: string;
  readonly ledger: string;
}

/**
 * Lets log entries expire after so many days; 0 for never. What is so already stays as it is. What the
 * expiry of before may have deleted is recorded first, because the index does not tell it any more.
 *
 * @throws Error if entries are to expire, and there is no index for it
 */
export async function setExpiry(
  db: Db,
  { collection, ledger }: LogAddress,
  days: number,
): Promise<void> {
  await withRetries(`Looking at the expiry of ${db.databaseName}.${collection}`, async () => {
    const before = await expiresBefore(db, collection);
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
 * Up to which moment log entries may be gone, in ms since 1970: by the expiry that is in force, or by a
 * former one. -Infinity if none ever was in force, whatever the settings say (decision 8).
 */
export async function findEarlierExpiry(
  db: Db,
  { collection, ledger }: LogAddress,
): Promise<number> {
  const doing = `Looking at the expiry of ${db.databaseName}.${collection}`;
  const found = await withRetries(doing, () =>
    Promise.all([expiresBefore(db, collection), readExpired(db, ledger)]),
  );
  return Math.max(...found.map((at) => (at ? at.getTime() : -Infinity)));
}

async function expiresBefore(db: Db, collection: string): Promise<Date | undefined> {
  const seconds = expiryOf(collection, await observe(db, [collection]))?.expireAfterSeconds;
  return seconds === undefined ? undefined : new Date(Date.now() - seconds * 1_000);
}
