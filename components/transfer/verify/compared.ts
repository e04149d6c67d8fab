import type { Document } from "mongodb";
import type { CollectionRole } from "../../contract";
import { type ReadyRecord, differingPaths, readableKey } from "../../state";
import type { ListHash } from "../accepted";
import { reading } from "../documents";
import type { Batch } from "../import/pipeline";
import { type Pair, pairsOf } from "../pairs";
import type { BothSides } from "../sides";

/**
 * One collection's comparison. `files` counts the records on disk and is the sum of `equal`,
 * `newerInMongo`, `expired`, `missing`, `differing` and `quarantined`. `newerInMongo`, `expired`
 * and `onlyInMongo` are no differences.
 */
export interface VerifiedCounts {
  files: number;
  /** By the collection's metadata, which a crash may leave somewhat wrong. */
  mongo: number;
  equal: number;
  newerInMongo: number;
  /** At least so many, where a key is on disk twice. */
  onlyInMongo: number;
  /** Log entries that are gone because they are older than the log's expiry. */
  expired: number;
  missing: number;
  differing: number;
  /** Records on disk that could not be read or do not meet the contract. */
  quarantined: number;
  /** The first hundred ids of those that are missing. */
  onlyInFiles: string[];
  /** The first hundred of those that differ, with the paths of what differs. */
  different: { id: string; paths: readonly string[] }[];
}

/** So many single cases of a kind are named. */
const keptCases = 100;

/** What batches are compared with, and how. */
export interface Comparison {
  readonly sides: BothSides;
  readonly counts: Readonly<Record<CollectionRole, VerifiedCounts>>;
  /** Gets what differs. */
  readonly left: ListHash;
  /** A log entry before it may be gone; in ms since 1970. */
  readonly expiredBefore: number;
}

/** Pairs a batch of records on disk with their documents. */
export async function pairBatch(sides: BothSides, { records }: Batch): Promise<Pair[]> {
  const [first] = records;
  if (!first) return [];
  return reading(sides, first.role, () => pairsOf(sides, records, { isReadOnly: true }));
}

/** Counts what pairs show. */
export function countPairs(
  { counts, expiredBefore, left }: Comparison,
  pairs: readonly Pair[],
): void {
  for (const pair of pairs) {
    const { disk, mongo, verdict } = pair;
    const count = counts[disk.role];
    if (verdict === "equal") count.equal += 1;
    else if (!mongo && isExpired(disk, expiredBefore)) count.expired += 1;
    else if (!mongo) addMissing(count, disk);
    else if (addDifferent(count, pair, mongo)) left.add(`${disk.role} ${disk.key}`);
  }
}

function isExpired({ role, document }: ReadyRecord, before: number): boolean {
  return role === "logs" && document.timestamp instanceof Date && +document.timestamp < before;
}

function addMissing(counts: VerifiedCounts, { key }: ReadyRecord): void {
  counts.missing += 1;
  keep(counts.onlyInFiles, readableKey(key));
}

/** Whether it is a difference. */
function addDifferent(counts: VerifiedCounts, { disk, verdict }: Pair, mongo: Document): boolean {
  const { role, key, document } = disk;
  const one = { id: readableKey(key), paths: differingPaths(role, document, mongo) };
  // Each side may write the same in its own way.
  if (one.paths.length === 0) counts.equal += 1;
  else if (verdict === "mongo") counts.newerInMongo += 1;
  else {
    counts.differing += 1;
    keep(counts.different, one);
    return true;
  }
  return false;
}

function keep<Case>(cases: Case[], one: Case): void {
  if (cases.length < keptCases) cases.push(one);
}
