import { BSON, type Collection, type Document, MongoServerError } from "mongodb";
import { isDocumentCode } from "../../mongo";
import { mapLimit, type ReadyRecord, type Refusal } from "../../state";
import type { Pair } from "../pairs";
import type { Accepted } from "../tally";
import { type OutcomesSoFar, refusedCodes, toRefusal } from "./outcomes";

/**
 * Maximum size of a statement with both documents, in bytes, because the server takes 16 MiB. Above it, `updatedAt` is
 * compared.
 */
const largestStatement = 15 * 1024 * 1024;

const replacementsAtOnce = 8;

/**
 * Replaces the documents of pairs that have one, each by a write of its own. A record whose document has changed since
 * it was read gets no outcome.
 */
export async function replaceAll(
  collection: Collection,
  pairs: readonly Pair[],
  outcomes: OutcomesSoFar,
): Promise<void> {
  const replaced = pairs.filter(({ mongo }) => mongo);
  await mapLimit(replacementsAtOnce, replaced, async ({ disk, mongo = {} }) => {
    const outcome = await replace(collection, disk, mongo);
    if (outcome) outcomes.set(disk, outcome);
  });
}

async function replace(
  collection: Collection,
  record: ReadyRecord,
  seen: Document,
): Promise<Accepted | Refusal | undefined> {
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
    // A replacement treats a name that begins with `$` as an operator; inside `$literal` it is a name.
    const { matchedCount } = names.some((name) => name.startsWith("$"))
      ? await collection.updateOne(filter, [{ $replaceWith: { $literal: members } }])
      : await collection.replaceOne(filter, members);
    return matchedCount === 1 ? "updated" : undefined;
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    // The server gives the position of a document that it tried to write.
    const isOfOne = "index" in error && isDocumentCode(error.code);
    if (isOfOne || refusedCodes.has(error.code)) return toRefusal(error.code);
    throw error;
  }
}
