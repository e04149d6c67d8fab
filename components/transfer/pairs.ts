import { BSON, type Collection, type Document, type Filter, Long, ObjectId } from "mongodb";
import { type CollectionRole, collectionRoles } from "../contract";
import {
  mapLimit,
  type Key,
  type ReadyRecord,
  type WholeFileRole,
  differingPaths,
  keyOf,
  runIdOf,
} from "../state";
import {
  type Agreement,
  type MergeBase,
  type NewMergeBase,
  agreementIn,
  doBasesApply,
  mergeBasesIn,
  readMergeBases,
} from "./merge-bases";
import { idsAmong } from "./documents";
import { documentIn } from "./exact-types";
import { type Circumstances, type Verdict, merge, sideOf } from "./merge";
import type { OlderSide } from "./reports";
import { type BothSides, collectionOf } from "./sides";

/**
 * The record on disk and the document of one key, with the verdict of the merge rules. An import always has the record,
 * an export the document.
 */
export interface Pair<Disk = ReadyRecord, Mongo = Document | undefined> {
  readonly key: Key;
  readonly disk: Disk;
  /** The document as it was found. */
  readonly mongo: Mongo;
  readonly base: MergeBase | undefined;
  /** The merge base's agreement, with its announced writes resolved by the content of both sides. */
  readonly agreement: Agreement;
  readonly verdict: Verdict;
  /** The merge base to settle once both sides have the record; undefined for a log entry, or without a record on disk. */
  readonly becomes: NewMergeBase | undefined;
}

/** The purpose of pairs. A write settles the merge bases of equal pairs; a comparison does not need them. */
type PairsFor = "write" | "compare";

/** Options for pairing records. */
interface Pairing extends Pick<Circumstances, "truth" | "isInWindow"> {
  /** Collections that have no document of the records: they are not queried. */
  readonly empty?: ReadonlySet<CollectionRole>;
}

/** The inputs of a verdict besides the pair. */
interface Deciding extends Circumstances {
  /** The side that is not as the last export left it. Merge bases apply only to an older MongoDB. */
  readonly older?: OlderSide | undefined;
}

/** Pairs records with their documents and merge bases, by few queries whatever the number of runs. */
export async function pairsOf(
  sides: Pick<BothSides, "database" | "collections" | "forms">,
  records: readonly ReadyRecord[],
  purpose: PairsFor,
  { truth, isInWindow, empty }: Pairing = {},
): Promise<Pair[]> {
  const looked = await mapLimit(collectionRoles.length, collectionRoles, async (role) => {
    const wanted = records.filter((record) => record.role === role);
    if (wanted.length === 0 || empty?.has(role)) return [role, noDocuments] as const;
    return [role, await documentsOf(collectionOf(sides, role), role, wanted)] as const;
  });
  const documents = new Map(looked);
  const found = records.map((disk): Found => {
    const { role, key, document } = disk;
    const bytes = documents.get(role)?.get(key);
    // Converted only if its bytes differ from the record's.
    const isSame = bytes && Buffer.compare(bytes, BSON.serialize(document)) === 0;
    return { key, disk, mongo: isSame ? document : bytes && documentIn(bytes) };
  });
  const isKnown = ({ disk, mongo }: Found) => purpose === "compare" && mongo === disk.document;
  const keys = new Map<CollectionRole, Key[]>();
  for (const one of found) {
    const { role } = one.disk;
    const needsBase = one.mongo ? !isKnown(one) : truth === "mongo";
    // A log entry has no merge base.
    if (role === "logs" || !needsBase) continue;
    const ofRole = keys.get(role);
    if (ofRole) ofRole.push(one.key);
    else keys.set(role, [one.key]);
  }
  const bases =
    keys.size === 0 ? noBases : await readMergeBases(mergeBasesIn(sides.database), keys);
  const absent = found.filter(({ mongo }) => !mongo).map(({ disk }) => disk);
  const removed = truth === "mongo" ? await findRemovedRuns(sides, absent) : undefined;
  const unasked = { base: undefined, agreement: {}, becomes: undefined };
  return found.map((one) => {
    const { role } = one.disk;
    if (isKnown(one)) return { ...one, ...unasked, verdict: "equal" };
    if (!one.mongo && removed?.has(runIdOf(one.disk))) {
      return { ...one, ...unasked, verdict: "removed" };
    }
    if (role !== "logs") {
      const circumstances = { truth, isInWindow, forms: sides.forms };
      return pairOf(role, one, bases.get(role)?.get(one.key), circumstances);
    }
    // A log entry is immutable: its key and content suffice.
    const { disk, mongo } = one;
    if (!mongo) return { ...one, ...unasked, verdict: "onlyOnDisk" };
    const isEqual =
      mongo === disk.document || differingPaths("logs", disk.document, mongo).length === 0;
    return { ...one, ...unasked, verdict: isEqual ? "equal" : "conflict" };
  });
}

/** Both sides of a key; if their bytes are equal, the document is the record's own. */
type Found<Disk = ReadyRecord, Mongo = Document | undefined> = Pick<
  Pair<Disk, Mongo>,
  "key" | "disk" | "mongo"
>;

/** Finds the runs that were removed in MongoDB: both sides had them once. Their parts count as removed, too. */
async function findRemovedRuns(
  sides: Pick<BothSides, "database" | "collections">,
  absent: readonly ReadyRecord[],
): Promise<ReadonlySet<string>> {
  const runIds = [...new Set(absent.map(runIdOf))];
  const bases = await readMergeBases(mergeBasesIn(sides.database), new Map([["runs", runIds]]));
  const known = runIds.filter((runId) => bases.get("runs")?.get(runId)?.agreed);
  const present = await idsAmong(sides, "runs", known);
  return new Set(known.filter((runId) => !present.has(runId)));
}

const noDocuments: ReadonlyMap<Key, Uint8Array> = new Map();
const noBases: ReadonlyMap<CollectionRole, ReadonlyMap<Key, MergeBase>> = new Map();

/** Decides a pair by the merge rules. At least one side has a record. */
export function pairOf<Disk extends ReadyRecord | undefined, Mongo extends Document | undefined>(
  role: WholeFileRole,
  found: Found<Disk, Mongo>,
  base: MergeBase | undefined,
  { older, ...circumstances }: Deciding = {},
): Pair<Disk, Mongo> {
  const { key, disk, mongo }: Found<ReadyRecord | undefined> = found;
  const ours = disk && sideOf(role, disk.document);
  const theirs = mongo && (mongo === disk?.document ? ours : sideOf(role, mongo));
  // While MongoDB is the source of truth, a file in an older copy has not changed since.
  const unchanged = ours && { agreed: { disk: ours.hash, mongo: "" } };
  const ofOlder = circumstances.truth === "mongo" ? unchanged : undefined;
  const ofCopy = older === "directory" ? ofOlder : undefined;
  const known = doBasesApply(older) ? base : ofCopy;
  const verdict = merge(role, ours, theirs, known, circumstances);
  const agreement =
    ours && theirs ? agreementIn(base, { disk: ours.hash, mongo: theirs.hash }) : {};
  const becomes = ours && {
    role,
    key,
    disk: ours.hash,
    file: disk.location.file,
    isNew: mongo === undefined,
    mongo: (verdict === "equal" && theirs ? theirs : ours).hash,
    seen: base,
  };
  return { ...found, base, agreement, verdict, becomes };
}

const queriesAtOnce = 8;
/** More documents than a batch has, so that one reply has all of them, up to the server's 16 MiB. */
const replyDocuments = 20_000;

async function documentsOf(
  collection: Collection,
  role: CollectionRole,
  records: readonly ReadyRecord[],
): Promise<Map<Key, Uint8Array>> {
  // Formats an `_id` as `idIn` does.
  const idText = (id: unknown) => (id instanceof ObjectId ? id.toHexString() : `"${id as string}`);
  const keys = new Map(records.map(({ key, document }) => [idText(document._id), key]));
  const wanted = new Set(records.map(({ key }) => key));
  const documents = new Map<Key, Uint8Array>();
  await mapLimit(queriesAtOnce, filtersOf(role, records), async (filter) => {
    const cursor = collection.find(filter, { raw: true, batchSize: replyDocuments });
    for (const raw of await cursor.toArray()) {
      const bytes = raw as unknown as Uint8Array;
      const key = keys.get(idIn(bytes)) ?? keyOf(role, documentIn(bytes));
      if (wanted.has(key)) documents.set(key, bytes);
    }
  });
  return documents;
}

/** The `_id` at the beginning of a document's bytes, if it is an ObjectId or a text; otherwise an empty text. */
function idIn(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString("latin1", 5, 9) !== "_id\0") return "";
  if (buffer[4] === 7) return buffer.toString("hex", 9, 21);
  if (buffer[4] === 2) return `"${buffer.toString("utf8", 13, 12 + buffer.readInt32LE(9))}`;
  return "";
}

/** Queries that the unique index serves: runs by `_id`, other records by their runs' ids. */
function filtersOf(role: CollectionRole, records: readonly ReadyRecord[]): Filter<Document>[] {
  if (role === "runs")
    return [{ _id: { $in: records.map(({ document }) => document._id as never) } }];
  const byRun = new Map<string, Document[]>();
  for (const { document } of records) {
    const documents = byRun.get(String(document.runId)) ?? [];
    byRun.set(String(document.runId), documents);
    documents.push(document);
  }
  return role === "logs" ? logFilters(byRun) : [{ runId: { $in: [...byRun.keys()] } }];
}

/**
 * Logs whose records begin at the same sequence share a range query, which finds few other entries. A log whose
 * sequences are far apart may have a million entries in between, so it is queried by its exact sequences.
 */
function logFilters(byRun: ReadonlyMap<string, readonly Document[]>): Filter<Document>[] {
  const ranges = new Map<string, { runId: string[]; from: Long; to: Long }>();
  const others: Filter<Document>[] = [];
  for (const [runId, documents] of byRun) {
    const sequences = documents.map(({ sequence }) => sequence as Long);
    const from = sequences.reduce((least, one) => (one.lessThan(least) ? one : least));
    const to = sequences.reduce((most, one) => (one.greaterThan(most) ? one : most));
    if (to.toNumber() - from.toNumber() > 2 * sequences.length) {
      others.push({ runId, sequence: { $in: sequences } });
      continue;
    }
    const range = ranges.get(from.toString()) ?? { runId: [], from, to };
    ranges.set(from.toString(), range);
    range.runId.push(runId);
    if (to.greaterThan(range.to)) range.to = to;
  }
  const shared = [...ranges.values()].map(({ runId, from, to }) => ({
    runId: { $in: runId },
    sequence: { $gte: from, $lte: to },
  }));
  return [...shared, ...others];
}
