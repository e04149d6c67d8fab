import type { Db } from "mongodb";
import { untilDone } from "./execute";
import { recordCommand } from "./ledger";
import { observe } from "./planner/observe";
import { diffExpiry } from "./planner/diff";

/** Where log entries are, and where what is done to them is recorded. */
export interface LogAddress {
  /** The logs' collection. */
  readonly collection: string;
  /** The ledger's collection. */
  readonly ledger: string;
}

/** Lets log entries expire after so many days; 0 for never. What is so already stays as it is. */
export async function setExpiry(
  db: Db,
  { collection, ledger }: LogAddress,
  days: number,
): Promise<void> {
  const planned = async () => diffExpiry(collection, days, await observe(db, [collection]));
  await untilDone(db, planned, (executed) => recordCommand(db, ledger, executed));
}
