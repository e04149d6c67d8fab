import type { Collection, Document, Filter, Sort } from "mongodb";
import { documentIn } from "../values/document";

/** A batch is written to files well before the server gives an idle cursor up (10 minutes). */
const batchSize = 1_000;

/** A log's order: that of its unique index. */
export const inOrder = { runId: 1, sequence: 1 } as const;

/** The documents of a query, one by one: numbers keep their type and keys their order. */
export async function* documentsAsStored(
  collection: Collection,
  filter: Filter<Document>,
  sort: Sort,
): AsyncGenerator<Document> {
  for await (const raw of collection.find(filter, { raw: true, sort, batchSize })) {
    yield documentIn(raw as unknown as Uint8Array);
  }
}

/** The runs that have documents in a collection, in their order; the index on `runId` has them all. */
export async function* runIdsIn(collection: Collection): AsyncGenerator<string> {
  const found = collection.aggregate<{ readonly _id: string }>([
    { $match: { runId: { $type: "string" } } },
    { $group: { _id: "$runId" } },
    { $sort: { _id: 1 } },
  ]);
  for await (const { _id } of found) yield _id;
}
