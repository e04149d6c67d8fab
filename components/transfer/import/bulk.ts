import {
  BSON,
  type Collection,
  type Document,
  MongoBulkWriteError,
  MongoServerError,
} from "mongodb";
import { isDocumentCode } from "../../mongo";
import { mapLimit, type ReadyRecord, Refusal } from "../../state";
import type { Pair } from "../pairs";
import type { Outcome } from "../tally";

/** What became of each record of a batch; those without an outcome are still to be looked at. */
export type OutcomesSoFar = Map<ReadyRecord, Outcome | "removed" | Refusal>;

/** MongoDB's codes: a unique key is there already; a document breaks the validator, is too large. */
const duplicateKey = 11000;
const documentCodes: ReadonlySet<unknown> = new Set([121, 10334]);

/** Inserts at once what MongoDB lacks; a record whose document came in between gets no outcome. */
export async function insertAll(
  collection: Collection,
  pairs: readonly Pair[],
  outcomes: OutcomesSoFar,
): Promise<void> {
  const missing = pairs.filter(({ mongo }) => !mongo);
  if (missing.length === 0) return;
  const errors = await insertErrors(
    collection,
    missing.map(({ disk }) => disk.document),
  );
  for (const [at, { disk }] of missing.entries()) {
    const error = errors.get(at);
    if (!error) outcomes.set(disk, "inserted");
    else if (error.code !== duplicateKey) outcomes.set(disk, toRefusal(error.code));
  }
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
    // The driver splits more than 16 MiB into several commands; a command's error has the earlier ones' write errors.
    const isOfCommand = ![error.writeErrors].flat().length;
    if (isOfCommand && documentCodes.has(error.code)) {
      if (documents.length === 1) return new Map([[0, error]]);
      const found = new Map<number, { readonly code?: unknown }>();
      for (const [at, document] of documents.entries()) {
        const alone = (await insertErrors(collection, [document])).get(0);
        if (alone) found.set(at, alone);
      }
      return found;
    }
    // The other documents may have no majority yet, or were not tried.
    const ofOthers =
      error.result.getWriteConcernError() ?? errors.find(({ code }) => !isDocumentCode(code));
    if (isOfCommand || ofOthers) throw error;
    return new Map(errors.map((one) => [one.index, one]));
  }
}

/** Maximum bytes of a statement with both documents, as the server takes 16 MiB. Above it `updatedAt` is compared. */
const largestStatement = 15 * 1024 * 1024;

const replacementsAtOnce = 8;

/**
 * Replaces the documents of pairs that have one, each by a write of its own; a record whose document is no longer as it
 * was seen gets no outcome.
 */
export async function replaceAll(
  collection: Collection,
  pairs: readonly Pair[],
  outcomes: OutcomesSoFar,
): Promise<void> {
  const replaced = pairs.filter(({ mongo }) => mongo);
  if (replaced.length === 0) return;
  await mapLimit(replacementsAtOnce, replaced, async ({ disk, mongo = {} }) => {
    const outcome = await replace(collection, disk, mongo);
    if (outcome) outcomes.set(disk, outcome);
  });
}

async function replace(
  collection: Collection,
  record: ReadyRecord,
  seen: Document,
): Promise<Outcome | Refusal | undefined> {
  const { _id, updatedAt = null } = seen as { _id: Document; updatedAt?: unknown };
  const isLarge = BSON.calculateObjectSize({ seen, next: record.document }) > largestStatement;
  // The server compares members in their order, and a name that is an integer comes first in a JavaScript object.
  const isReordered = Object.keys(seen)[0] !== "_id";
  const asSeen =
    isLarge || isReordered ? { updatedAt } : { $expr: { $eq: ["$$ROOT", { $literal: seen }] } };
  const filter = { _id, ...asSeen };
  const names = Object.keys(record.document).filter((name) => name !== "_id");
  const members = Object.fromEntries(names.map((name) => [name, record.document[name] as unknown]));
  try {
    // A replacement takes a name that begins with `$` for an operator; inside `$literal` it is a name.
    const { matchedCount } = names.some((name) => name.startsWith("$"))
      ? await collection.updateOne(filter, [{ $replaceWith: { $literal: members } }])
      : await collection.replaceOne(filter, members);
    return matchedCount === 1 ? "updated" : undefined;
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    // The server gives the place of a document that it tried to write.
    const isOfOne = "index" in error && isDocumentCode(error.code);
    if (isOfOne || documentCodes.has(error.code)) return toRefusal(error.code);
    throw error;
  }
}

function toRefusal(code: unknown): Refusal {
  return new Refusal("server", `MongoDB refuses it with code ${String(code)}`);
}
