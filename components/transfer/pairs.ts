import { BSON, type Collection, type Document, type Filter, Long, ObjectId } from "mongodb";
import { type CollectionRole, byRole, collectionRoles } from "../contract";
import { atOnce, type Key, type ReadyRecord, differingPaths, hashOf, keyOf } from "../state";
import { type Agreement, type Base, type NewBase, agreementIn, basesIn, readBases } from "./bases";
import { documentIn } from "./documents";
import { type Verdict, merge } from "./merge";
import { type BothSides, type ImportStage, collectionOf } from "./sides";

/** A record on disk with the document of the same key, and what the merge rules say of the two. */
export interface Pair {
  readonly disk: ReadyRecord;
  /** The document as it was found. */
  readonly mongo: Document | undefined;
  readonly base: Base | undefined;
  /** What the base says of both sides as they are. */
  readonly last: Agreement;
  readonly verdict: Verdict;
  /** The base if the record is written, or both sides are equal; undefined for a log entry. */
  readonly becomes: NewBase | undefined;
}

/** How records are paired. */
export interface Pairing {
  /** Where in the cutover an import stands; default `backfill`. */
  readonly stage?: ImportStage;
  /** Collections that have no document of the records: nobody looks into them. */
  readonly empty?: ReadonlySet<CollectionRole>;
  /** Nothing is written, so that the bases of equal pairs are not needed. Default: false. */
  readonly isReadOnly?: boolean;
}

/** Pairs records with their documents and bases, by few queries whatever the number of runs. */
export async function pairsOf(
  sides: Pick<BothSides, "database" | "collections">,
  records: readonly ReadyRecord[],
  { stage, empty, isReadOnly = false }: Pairing = {},
): Promise<Pair[]> {
  const groups = byRole((role) => records.filter((record) => record.role === role));
  const looked = await atOnce(collectionRoles.length, collectionRoles, async (role) => {
    const wanted = groups[role];
    if (wanted.length === 0 || empty?.has(role)) return [role, noDocuments] as const;
    return [role, await documentsOf(collectionOf(sides, role), role, wanted)] as const;
  });
  const documents = new Map(looked);
  const found = records.map((disk): Found => {
    const { role, key, document } = disk;
    const stored = documents.get(role)?.get(key);
    return { disk, mongo: stored && (stored.isSame(document) ? document : stored.document()) };
  });
  const isEqual = ({ disk, mongo }: Found) => isReadOnly && mongo === disk.document;
  const keys = new Map(collectionRoles.map((role): [CollectionRole, Key[]] => [role, []]));
  for (const one of found) {
    if (one.mongo && !isEqual(one)) keys.get(one.disk.role)?.push(one.disk.key);
  }
  const bases = await readBases(basesIn(sides.database), keys);
  return found.map((one) => {
    const { disk, mongo } = one;
    if (isEqual(one)) {
      return { disk, mongo, base: undefined, last: {}, verdict: "equal", becomes: undefined };
    }
    return pairOf(one, bases.get(disk.role)?.get(disk.key), stage);
  });
}

/** A record on disk, and its document: the record's own if both are the same to the last byte. */
type Found = Pick<Pair, "disk" | "mongo">;

const noDocuments: ReadonlyMap<Key, Stored> = new Map();

function pairOf({ disk, mongo }: Found, base: Base | undefined, stage?: ImportStage): Pair {
  const { role, key, place } = disk;
  // A log entry is immutable: its key and content suffice.
  if (role === "logs") {
    const { document } = disk;
    const isEqual = (stored: Document) =>
      stored === document || differingPaths("logs", document, stored).length === 0;
    const verdict = mongo ? (isEqual(mongo) ? "equal" : "conflict") : "onlyOnDisk";
    return { disk, mongo, base, last: {}, verdict, becomes: undefined };
  }
  const hash = hashOf(role, disk.document);
  const ours = { hash, document: disk.document };
  const theirs =
    mongo && (mongo === disk.document ? ours : { hash: hashOf(role, mongo), document: mongo });
  const verdict = merge(role, ours, theirs, base, stage);
  const after = theirs && verdict === "equal" ? theirs.hash : hash;
  const { file } = place;
  const isNew = mongo === undefined;
  const becomes = { role, key, disk: hash, mongo: after, file, isNew, seen: base };
  const last = theirs ? agreementIn(base, { disk: hash, mongo: theirs.hash }) : {};
  return { disk, mongo, base, last, verdict, becomes };
}

/** A document as the server sent it: it is taken apart only if its bytes are not those of the record. */
class Stored {
  constructor(private readonly bytes: Uint8Array) {}

  isSame(document: Document): boolean {
    return Buffer.compare(this.bytes, BSON.serialize(document)) === 0;
  }

  document(): Document {
    return documentIn(this.bytes);
  }
}

const queriesAtOnce = 8;
/** More than a batch has: what is asked for comes in one reply, as far as the server's 16 MiB go. */
const replyDocuments = 20_000;

async function documentsOf(
  collection: Collection,
  role: CollectionRole,
  records: readonly ReadyRecord[],
): Promise<Map<Key, Stored>> {
  // Each `_id` as `idIn` finds it in bytes.
  const idText = (id: unknown) => (id instanceof ObjectId ? id.toHexString() : `"${id as string}`);
  const keys = new Map(records.map(({ key, document }) => [idText(document._id), key]));
  const wanted = new Set(records.map(({ key }) => key));
  const documents = new Map<Key, Stored>();
  await atOnce(queriesAtOnce, filtersOf(role, records), async (filter) => {
    const cursor = collection.find(filter, { raw: true, batchSize: replyDocuments });
    for (const raw of await cursor.toArray()) {
      const bytes = raw as unknown as Uint8Array;
      const stored = new Stored(bytes);
      const key = keys.get(idIn(bytes)) ?? keyOf(role, stored.document());
      if (wanted.has(key)) documents.set(key, stored);
    }
  });
  return documents;
}

/** The `_id` at the begin of a document's bytes, if it is an ObjectId or a text; else an empty text. */
function idIn(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.toString("latin1", 5, 9) !== "_id\0") return "";
  if (buffer[4] === 7) return buffer.toString("hex", 9, 21);
  if (buffer[4] === 2) return `"${buffer.toString("utf8", 13, 12 + buffer.readInt32LE(9))}`;
  return "";
}

/** Queries that follow the unique index: runs by `_id`, else by their runs' ids. */
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
 * Logs that begin with the same sequence share a query: a range finds little else of each. Of a log
 * whose sequences lie far apart, and may have a million others in between, each is asked for.
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
