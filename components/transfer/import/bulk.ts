import {
  BSON,
  type Collection,
  type Document,
  type Filter,
  MongoBulkWriteError,
  MongoServerError,
} from "mongodb";
import { isOfDocument } from "../../mongo";
import { atOnce, type ReadyRecord, Refusal } from "../../state";
import type { Pair } from "../pairs";
import type { Outcome } from "../tally";

type Outcomes = (readonly [ReadyRecord, Outcome | Refusal])[];

/** MongoDB's codes: a unique key is there already; a document breaks the validator, is too large. */
const duplicateKey = 11000;
const documentCodes: ReadonlySet<unknown> = new Set([121, 10334]);

/** Inserts all at once; a record whose document came in between is left out of the answer. */
export async function insertAll(
  collection: Collection,
  records: readonly ReadyRecord[],
): Promise<Outcomes> {
  if (records.length === 0) return [];
  const errors = await insertErrors(
    collection,
    records.map(({ document }) => document),
  );
  return records.flatMap((record, at): Outcomes => {
    const error = errors.get(at);
    if (!error) return [[record, "inserted"]];
    return error.code === duplicateKey ? [] : [[record, toRefusal(error.code)]];
  });
}

/**
 * The errors of single documents by their place. Where the server refuses all of them because one
 * is too large, each is tried by itself.
 */
async function insertErrors(
  collection: Collection,
  documents: readonly Document[],
): Promise<ReadonlyMap<number, { readonly code?: unknown }>> {
  try {
    await collection.insertMany(documents, { ordered: false });
    return new Map();
  } catch (error) {
    if (!(error instanceof MongoBulkWriteError)) throw error;
    const errors = error.result.getWriteErrors();
    // More than 16 MiB are several commands, and this one's error comes with what the earlier ones met.
    const isOfCommand = ![error.writeErrors].flat().length;
    if (isOfCommand && documentCodes.has(error.code)) {
      return documents.length === 1 ? new Map([[0, error]]) : insertOneByOne(collection, documents);
    }
    // Others may be well, but no majority has them yet, or they were not even tried.
    const ofOthers =
      error.result.getWriteConcernError() ?? errors.find(({ code }) => !isOfDocument(code));
    if (isOfCommand || ofOthers) throw error;
    return new Map(errors.map((one) => [one.index, one]));
  }
}

async function insertOneByOne(collection: Collection, documents: readonly Document[]) {
  const found = new Map<number, { readonly code?: unknown }>();
  for (const [at, document] of documents.entries()) {
    const error = (await insertErrors(collection, [document])).get(0);
    if (error) found.set(at, error);
  }
  return found;
}

/** A statement with both documents has at most so many bytes: the server takes 16 MiB. */
const largestStatement = 15 * 1024 * 1024;

const replacementsAtOnce = 8;

/**
 * Replaces the documents of pairs that have one, each by a write of its own; a document that is no
 * longer as it was seen is left out of the answer.
 */
export async function replaceAll(
  collection: Collection,
  pairs: readonly Pair[],
): Promise<Outcomes> {
  const replaced = pairs.filter(({ mongo }) => mongo);
  const outcomes = await atOnce(replacementsAtOnce, replaced, async ({ disk, mongo = {} }) => {
    const outcome = await replace(collection, disk, mongo);
    return outcome ? [[disk, outcome] as const] : [];
  });
  return outcomes.flat();
}

async function replace(
  collection: Collection,
  record: ReadyRecord,
  seen: Document,
): Promise<Outcome | Refusal | undefined> {
  const { _id, updatedAt = null } = seen as { _id: Document; updatedAt?: unknown };
  const isLarge = record.bytes + BSON.calculateObjectSize(seen) > largestStatement;
  const asSeen = isLarge ? { updatedAt } : { $expr: { $eq: ["$$ROOT", { $literal: seen }] } };
  const filter = { _id, ...asSeen };
  const members = Object.entries(record.document).filter(([name]) => name !== "_id");
  try {
    const { matchedCount } = await replaceOne(collection, filter, Object.fromEntries(members));
    return matchedCount === 1 ? "updated" : undefined;
  } catch (error) {
    if (isRefusal(error)) return toRefusal(error.code);
    throw error;
  }
}

/** A name of a field with `$` in front is an operator to a replacement, but no more as a literal. */
function replaceOne(collection: Collection, filter: Filter<Document>, members: Document) {
  return Object.keys(members).some((name) => name.startsWith("$"))
    ? collection.updateOne(filter, [{ $replaceWith: { $literal: members } }])
    : collection.replaceOne(filter, members);
}

/** Whether the server refuses a document itself: it gives the place of one that it tried to write. */
function isRefusal(error: unknown): error is MongoServerError {
  if (!(error instanceof MongoServerError)) return false;
  return documentCodes.has(error.code) || ("index" in error && isOfDocument(error.code));
}

function toRefusal(code: unknown): Refusal {
  return new Refusal("server", `MongoDB refuses it with code ${String(code)}`);
}
