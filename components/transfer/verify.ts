import { type CollectionRole, byRole, collectionRoles } from "../contract";
import { ServerTroubleError } from "../mongo";
import { type IncompleteLine, differingPaths, readableKey, requireState } from "../state";
import { Checkpoints } from "./checkpoints";
import { reading } from "./documents";
import { recordsOnDisk } from "./import/file-records";
import { type Batch, batches, workOn } from "./import/pipeline";
import { type Pair, pairsOf } from "./pairs";
import type { BothSides } from "./sides";
import { type Quarantined, Tally } from "./tally";

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

/** What a verification found; it holds if nothing is missing, and nothing differs or is quarantined that was not accepted. */
export interface VerificationReport extends Record<CollectionRole, VerifiedCounts> {
  holds: boolean;
  /** Of all that differs or is quarantined, for `advanced.acceptQuarantined`; absent if nothing does. */
  hash?: string;
  /** When MongoDB's documents were counted: ISO 8601. */
  at: string;
  elapsedMs: number;
  /** Why the next import still trusts the files' checkpoints, where it was not to. */
  notForgotten?: string;
  incomplete: IncompleteLine[];
  quarantine: Quarantined[];
}

interface VerifyOptions {
  /** The hash of what differs or is quarantined and was accepted. */
  readonly acceptQuarantined?: string | undefined;
  /** A log entry of before that is gone is `expired`; in ms since 1970. Default: none is. */
  readonly expiredBefore?: number;
}

/**
 * Compares one way, by the merge rules: every record on disk is in MongoDB, equal, or MongoDB's
 * is the newer. Reads both sides in batches and changes nothing.
 *
 * @throws StateFolderError where the state directory cannot be used
 * @throws ServerTroubleError where MongoDB will not do it, or has trouble for too long
 */
export async function verifyState(sides: BothSides & VerifyOptions): Promise<VerificationReport> {
  const { expiredBefore = -Infinity } = sides;
  const tally = new Tally();
  const counts = byRole((): VerifiedCounts => ({ ...none, onlyInFiles: [], different: [] }));
  await requireState(sides);
  sides.watch?.(tally);
  const pairBatch = async ({ records }: Batch) => {
    const [first] = records;
    if (!first) return [];
    return reading(sides, first.role, () => pairsOf(sides, records, { isReadOnly: true }));
  };
  await workOn(batches(recordsOnDisk({ address: sides, tally })), pairBatch, (pairs) => {
    for (const pair of pairs) {
      const isDifferent = countPair(counts[pair.disk.role], pair, expiredBefore);
      if (isDifferent) tally.left.add(`${pair.disk.role} ${pair.disk.key}`);
    }
  });
  const at = new Date().toISOString();
  for (const role of collectionRoles) {
    const count = counts[role];
    const inBoth = count.equal + count.newerInMongo + count.differing;
    count.quarantined = tally.counts[role].quarantined;
    count.files = inBoth + count.expired + count.missing + count.quarantined;
    await reading(sides, role, async (collection) => {
      count.mongo = await collection.estimatedDocumentCount();
    });
    // A key that is on disk twice was found twice.
    count.onlyInMongo = Math.max(0, count.mongo - inBoth);
  }
  const { elapsedMs, incomplete, quarantine } = tally.report();
  const all = Object.values(counts);
  const isEmpty = all.every(({ differing, quarantined }) => differing + quarantined === 0);
  const hash = tally.left.toString();
  const isAccepted = isEmpty || hash === sides.acceptQuarantined;
  const holds = isAccepted && all.every(({ missing }) => missing === 0);
  return { holds, ...(!isEmpty && { hash }), at, elapsedMs, ...counts, incomplete, quarantine };
}

function countPair(
  counts: VerifiedCounts,
  { disk: { role, key, document }, mongo, verdict }: Pair,
  expiredBefore: number,
): boolean {
  const time: unknown = document.timestamp;
  if (verdict === "equal") counts.equal += 1;
  else if (!mongo && role === "logs" && time instanceof Date && +time < expiredBefore) {
    counts.expired += 1;
  } else if (!mongo) {
    counts.missing += 1;
    if (counts.onlyInFiles.length < keptCases) counts.onlyInFiles.push(readableKey(key));
  } else {
    const paths = differingPaths(role, document, mongo);
    const isDifferent = paths.length > 0 && verdict !== "mongo";
    // Each side may write the same in its own way.
    counts[isDifferent ? "differing" : paths.length === 0 ? "equal" : "newerInMongo"] += 1;
    if (isDifferent && counts.different.length < keptCases) {
      counts.different.push({ id: readableKey(key), paths });
    }
    return isDifferent;
  }
  return false;
}

const keptCases = 100;

const none = {
  ...{ files: 0, mongo: 0, equal: 0, newerInMongo: 0, onlyInMongo: 0 },
  ...{ expired: 0, missing: 0, differing: 0, quarantined: 0 },
};

/**
 * Where a verification does not hold, makes the next import read every file again: a file's
 * checkpoint says that its records are in MongoDB, which is not to be trusted any more once one is
 * not. Where MongoDB will not do it the report says so: what was found is not lost with it.
 */
export async function forgetWhereMissing(
  { database, retries }: BothSides,
  report: VerificationReport,
): Promise<VerificationReport> {
  if (report.holds) return report;
  try {
    await new Checkpoints(database, retries).forget();
    return report;
  } catch (error) {
    if (!(error instanceof ServerTroubleError)) throw error;
    return { ...report, notForgotten: error.message };
  }
}
