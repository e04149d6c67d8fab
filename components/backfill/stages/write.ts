import {
  MongoBulkWriteError,
  type AnyBulkWriteOperation,
  type Collection,
  type Document,
  type WriteError,
} from "mongodb";
import type { CollectionRole } from "../../contract";
import { Refusal } from "../errors";
import { documentsOf } from "../keys";
import { decidingField, verdictOf } from "../merge";
import type { ReadyRecord } from "../records";
import type { Outcome } from "../tally";
import type { Batch } from "./batch";

/** What became of each record of a batch. */
export type Settled = ReadonlyMap<ReadyRecord, Outcome | Refusal>;

/** MongoDB's code for a document whose unique key is there already. */
const duplicateKey = 11000;

/** A record whose key comes and goes under other writers is given up after so many looks. */
const mostLooks = 3;

/**
 * Writes a batch: inserts what is missing, replaces a document where the merge rules say that the
 * file wins, and leaves everything else as it is. Safe against other writers: a document that
 * came in between is compared, not overwritten.
 *
 * @param collection with `promoteLongs: false` and write concern majority
 * @param expectNew skips the first look for documents that are there, where none is expected
 */
export async function writeBatch(
  collection: Collection,
  { role, records }: Batch,
  expectNew: boolean,
): Promise<Settled> {
  const settled = new Map<ReadyRecord, Outcome | Refusal>();
  let open = records;
  for (let look = 1; open.length > 0 && look <= mostLooks; look += 1) {
    const found =
      expectNew && look === 1
        ? new Map<string, Document>()
        : await documentsOf(collection, role, open);
    for (const [record, outcome] of await settle(collection, role, open, found)) {
      settled.set(record, outcome);
    }
    open = open.filter((record) => !settled.has(record));
  }
  for (const record of open)
    settled.set(record, new Refusal("server", "another writer kept it busy"));
  return settled;
}

/** One look: what stays open is left out of the answer. */
async function settle(
  collection: Collection,
  role: CollectionRole,
  records: readonly ReadyRecord[],
  found: ReadonlyMap<string, Document>,
): Promise<Settled> {
  const settled = new Map<ReadyRecord, Outcome | Refusal>();
  // Of two records with one key the first is inserted; the next look compares the other with it.
  const missing = new Map<string, ReadyRecord>();
  for (const record of records) {
    const document = found.get(record.key);
    if (!document) {
      if (!missing.has(record.key)) missing.set(record.key, record);
      continue;
    }
    const outcome = await merge(collection, role, record, document);
    if (outcome) settled.set(record, outcome);
  }
  for (const [record, outcome] of await insert(collection, [...missing.values()])) {
    settled.set(record, outcome);
  }
  return settled;
}

async function merge(
  collection: Collection,
  role: CollectionRole,
  { document }: ReadyRecord,
  found: Document,
): Promise<Outcome | Refusal | undefined> {
  const { side, paths } = verdictOf(role, document, found);
  if (side === "equal" || side === "mongo") return "unchanged";
  if (side === "conflict") {
    return new Refusal("conflict", `MongoDB has another content: ${paths.join(", ")}`);
  }
  return replace(collection, role, document, found);
}

/** Undefined where the document is no longer as it was found. */
async function replace(
  collection: Collection,
  role: CollectionRole,
  document: Document,
  found: Document,
): Promise<Outcome | Refusal | undefined> {
  const field = decidingField[role] ?? "_id";
  const replacement = Object.fromEntries(
    Object.entries(document).filter(([name]) => name !== "_id"),
  );
  const filter = { _id: found._id as Document, [field]: found[field] as unknown };
  const { errors, matched } = await write(collection, [{ replaceOne: { filter, replacement } }]);
  const error = errors.get(0);
  if (error) return refusedWith(error);
  return matched === 1 ? "updated" : undefined;
}

/** A record whose document came in between is left out: it has to be compared. */
async function insert(collection: Collection, records: readonly ReadyRecord[]): Promise<Settled> {
  if (records.length === 0) return new Map();
  const { errors } = await write(
    collection,
    records.map(({ document }) => ({ insertOne: { document } })),
  );
  const settled = new Map<ReadyRecord, Outcome | Refusal>();
  for (const [at, record] of records.entries()) {
    const error = errors.get(at);
    if (!error) settled.set(record, "inserted");
    else if (error.code !== duplicateKey) settled.set(record, refusedWith(error));
  }
  return settled;
}

/** The errors of single documents by their place, and how many documents were matched. */
async function write(
  collection: Collection,
  operations: readonly AnyBulkWriteOperation[],
): Promise<{ errors: ReadonlyMap<number, WriteError>; matched: number }> {
  try {
    const { matchedCount } = await collection.bulkWrite(operations, { ordered: false });
    return { errors: new Map(), matched: matchedCount };
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const errors = error.result.getWriteErrors();
    if (errors.length === 0) throw error;
    return { errors: new Map(errors.map((one) => [one.index, one])), matched: error.matchedCount };
  }
}

function refusedWith({ code }: WriteError): Refusal {
  return new Refusal("server", `MongoDB refuses it with code ${code}`);
}
