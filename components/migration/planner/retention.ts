import type { Change } from "./change";
import { sameSignature } from "./index-spec";
import { noExpiry, type Observed } from "./observed";
import type { WantedIndex } from "../../contract";

/** Seconds of a day. */
export const day = 86_400;

/** The index on which log entries expire (the document, `pack_run_logs`, index 3). */
export function expiryIndex(collection: string): WantedIndex {
  return { collection, name: "timestamp", key: [["timestamp", 1]], unique: false, sparse: false };
}

/**
 * What has to change so that entries expire after `days` days, or never where it is 0. The index
 * is found by its key, whatever its name; an expiry can be set, changed and lifted in place.
 */
export function diffExpiry(collection: string, days: number, observed: Observed): Change[] {
  const wanted = expiryIndex(collection);
  const found = observed.get(collection)?.indexes.find((index) => sameSignature(index, wanted));
  const seconds = days === 0 ? undefined : days * day;
  if (!found || found.expireAfterSeconds === seconds) return [];
  const set = { expireAfterSeconds: seconds ?? noExpiry };
  const reason = `log entries expire ${inWords(found.expireAfterSeconds)}, not ${inWords(seconds)}`;
  return [{ kind: "modify index", wanted, found, set, reason }];
}

function inWords(seconds: number | undefined): string {
  if (seconds === undefined) return "never";
  return seconds % day === 0 ? `after ${seconds / day} days` : `after ${seconds} s`;
}
