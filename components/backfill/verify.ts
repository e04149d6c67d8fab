import { collectionRoles, type CollectionRole } from "../contract";
import { byRole } from "./by-role";
import { documentsOf, readableKey } from "./keys";
import { verdictOf } from "./merge";
import type { ReadyRecord } from "./records";
import { collectionOf, eachBatch, type BothSides } from "./sides";
import type { Batch } from "./stages/batch";
import { Tally, type IncompleteLine, type Quarantined } from "./tally";

/**
 * One collection's comparison. `files` counts the records on disk and is the sum of `equal`,
 * `newerInMongo`, `missing`, `differing` and `quarantined`. `newerInMongo` and `onlyInMongo` are
 * no differences.
 */
export interface VerifiedCounts {
  files: number;
  mongo: number;
  equal: number;
  newerInMongo: number;
  onlyInMongo: number;
  /** Entries older than the log's expiry; none while there is no expiry. */
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

/** What a verification found; it holds where nothing is missing, differing or quarantined. */
export interface VerificationReport extends Record<CollectionRole, VerifiedCounts> {
  holds: boolean;
  elapsedMs: number;
  incomplete: IncompleteLine[];
  quarantine: Quarantined[];
}

const keptCases = 100;

/**
 * Compares one way, by the merge rules: every record on disk is in MongoDB, equal, or MongoDB's
 * is the newer. Reads both sides in batches and changes nothing.
 *
 * @throws StateFolderError where the state root cannot be used
 */
export async function verifyState(sides: BothSides): Promise<VerificationReport> {
  const tally = new Tally();
  const counts = byRole(noneVerified);
  await eachBatch(sides, tally, (batch) => compare(sides, batch, counts[batch.role]));
  for (const role of collectionRoles) await complete(sides, role, counts[role], tally);
  const { elapsedMs, incomplete, quarantine } = tally.report();
  return {
    holds: Object.values(counts).every(holds),
    elapsedMs,
    ...counts,
    incomplete,
    quarantine,
  };
}

async function compare(
  sides: BothSides,
  { role, records }: Batch,
  counts: VerifiedCounts,
): Promise<void> {
  const found = await documentsOf(collectionOf(sides, role), role, records);
  for (const record of records) {
    const document = found.get(record.key);
    if (!document) addMissing(counts, record);
    else addVerdict(counts, record, verdictOf(role, record.document, document));
  }
}

function addMissing(counts: VerifiedCounts, { key }: ReadyRecord): void {
  counts.missing += 1;
  if (counts.onlyInFiles.length < keptCases) counts.onlyInFiles.push(readableKey(key));
}

function addVerdict(
  counts: VerifiedCounts,
  { key }: ReadyRecord,
  { side, paths }: ReturnType<typeof verdictOf>,
): void {
  if (side === "equal") counts.equal += 1;
  else if (side === "mongo") counts.newerInMongo += 1;
  else {
    counts.differing += 1;
    if (counts.different.length < keptCases) counts.different.push({ id: readableKey(key), paths });
  }
}

async function complete(
  sides: BothSides,
  role: CollectionRole,
  counts: VerifiedCounts,
  tally: Tally,
): Promise<void> {
  const inBoth = counts.equal + counts.newerInMongo + counts.differing;
  counts.quarantined = tally.counts[role].quarantined;
  counts.files = inBoth + counts.missing + counts.quarantined;
  counts.mongo = await collectionOf(sides, role).countDocuments();
  // A key that is on disk twice was found twice.
  counts.onlyInMongo = Math.max(0, counts.mongo - inBoth);
}

function holds({ missing, differing, quarantined }: VerifiedCounts): boolean {
  return missing + differing + quarantined === 0;
}

function noneVerified(): VerifiedCounts {
  return {
    files: 0,
    mongo: 0,
    equal: 0,
    newerInMongo: 0,
    onlyInMongo: 0,
    expired: 0,
    missing: 0,
    differing: 0,
    quarantined: 0,
    onlyInFiles: [],
    different: [],
  };
}
