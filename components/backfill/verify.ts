import type { Collection, Document } from "mongodb";
import { collectionRoles, type CollectionRole } from "../contract";
import { basesIn, readBases, type Base } from "./bases";
import { byRole } from "./by-role";
import { documentsOf, readableKey } from "./keys";
import { merge, sideOf } from "./merge";
import { workOn } from "./pipeline";
import { recordsOf, type FileRecords } from "./file-records";
import type { ReadyRecord } from "./records";
import { withRetries } from "./server-trouble";
import { collectionOf, type BothSides } from "./sides";
import { batches, type Batch } from "./stages/batch";
import { stateFiles } from "./stages/list";
import { openStateFolder, type StateFolder } from "./state-folder";
import { Tally, type IncompleteLine, type Quarantined } from "./tally";
import { differingPaths } from "./values/differences";

/**
 * One collection's comparison. `files` counts the records on disk and is the sum of `equal`,
 * `newerInMongo`, `expired`, `missing`, `differing` and `quarantined`. `newerInMongo`, `expired`
 * and `onlyInMongo` are no differences.
 */
export interface VerifiedCounts {
  files: number;
  mongo: number;
  equal: number;
  newerInMongo: number;
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

/** What a verification found; it holds where nothing is missing, differing or quarantined. */
export interface VerificationReport extends Record<CollectionRole, VerifiedCounts> {
  holds: boolean;
  /** When MongoDB's documents were counted: ISO 8601; absent in a stack of an earlier version. */
  at?: string;
  elapsedMs: number;
  /** Why the next import still trusts the files' checkpoints, where it was not to. */
  notForgotten?: string;
  incomplete: IncompleteLine[];
  quarantine: Quarantined[];
}

const keptCases = 100;
const dayMs = 24 * 60 * 60 * 1_000;

/** How a verification compares. */
export interface VerifyOptions {
  /** Asks that both sides are equal: what is newer or only in MongoDB is a difference too. */
  readonly exact?: boolean;
  /** The log's expiry in days: an older entry that is gone is `expired`. Default: no expiry. */
  readonly retentionDays?: number;
}

/**
 * Compares one way, by the merge rules: every record on disk is in MongoDB, equal, or MongoDB's
 * is the newer. Reads both sides in batches and changes nothing.
 *
 * @throws StateFolderError where the state root cannot be used
 * @throws ServerTroubleError where MongoDB will not do it, or has trouble for too long
 */
export async function verifyState(sides: BothSides & VerifyOptions): Promise<VerificationReport> {
  const { exact = false, retentionDays = Infinity } = sides;
  const tally = new Tally();
  const counts = byRole(noneVerified);
  const folder = await openStateFolder(sides);
  sides.watch?.(tally);
  const expiredBefore = Date.now() - retentionDays * dayMs;
  await workOn(
    batches(allRecords(folder, tally)),
    (batch) => compare(sides, batch, counts[batch.role], expiredBefore),
    () => Promise.resolve(),
  );
  const at = new Date().toISOString();
  for (const role of collectionRoles) await complete(sides, role, counts[role], tally);
  const { elapsedMs, incomplete, quarantine } = tally.report();
  return {
    holds: Object.values(counts).every((one) => holds(one) && (!exact || isExact(one))),
    at,
    elapsedMs,
    ...counts,
    incomplete,
    quarantine,
  };
}

async function* allRecords(folder: StateFolder, tally: Tally): AsyncGenerator<FileRecords> {
  for await (const file of stateFiles(folder, tally.skipped)) yield* recordsOf(folder, file, tally);
}

async function compare(
  sides: BothSides,
  { role, records }: Batch,
  counts: VerifiedCounts,
  expiredBefore: number,
): Promise<void> {
  const { found, bases } = await read(sides, role, async (collection) => {
    const found = await documentsOf(collection, role, records);
    const bases = basesIn(sides.database, sides.checkpoints);
    return { found, bases: await readBases(bases, role, [...found.keys()]) };
  });
  for (const record of records) {
    const document = found.get(record.key);
    if (!document && isExpired(record, expiredBefore)) counts.expired += 1;
    else if (!document) addMissing(counts, record);
    else addCompared(counts, record, document, bases.get(record.key));
  }
}

/** Reads from a role's collection, again where the server has trouble that passes. */
function read<T>(
  sides: BothSides,
  role: CollectionRole,
  work: (collection: Collection) => Promise<T>,
): Promise<T> {
  const collection = collectionOf(sides, role);
  const doing = `Reading ${role} from ${collection.namespace}`;
  return withRetries(doing, () => work(collection), sides.retries);
}

function isExpired({ role, document }: ReadyRecord, before: number): boolean {
  return role === "logs" && document.timestamp instanceof Date && +document.timestamp < before;
}

function addMissing(counts: VerifiedCounts, { key }: ReadyRecord): void {
  counts.missing += 1;
  if (counts.onlyInFiles.length < keptCases) counts.onlyInFiles.push(readableKey(key));
}

function addCompared(
  counts: VerifiedCounts,
  { role, key, document: disk }: ReadyRecord,
  mongo: Document,
  base: Base | undefined,
): void {
  const paths = differingPaths(role, disk, mongo);
  const verdict =
    paths.length === 0 ? "equal" : merge(role, sideOf(role, disk), sideOf(role, mongo), base);
  if (verdict === "equal") counts.equal += 1;
  else if (verdict === "mongo") counts.newerInMongo += 1;
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
  counts.files = inBoth + counts.expired + counts.missing + counts.quarantined;
  counts.mongo = await read(sides, role, (collection) => collection.countDocuments());
  // A key that is on disk twice was found twice.
  counts.onlyInMongo = Math.max(0, counts.mongo - inBoth);
}

function holds({ missing, differing, quarantined }: VerifiedCounts): boolean {
  return missing + differing + quarantined === 0;
}

function isExact({ newerInMongo, onlyInMongo }: VerifiedCounts): boolean {
  return newerInMongo + onlyInMongo === 0;
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
