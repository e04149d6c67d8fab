import type { Collection, Document, Filter, Sort } from "mongodb";
import { documentIn } from "../values/document";

/** A log's order: that of its unique index. */
export const inOrder = { runId: 1, sequence: 1 } as const;

/**
 * The documents of a query, one by one: numbers keep their type and keys their order.
 *
 * @param batchSize so many are done with well before the server gives an idle cursor up, after 10
 *   minutes
 */
export async function* documentsAsStored(
  collection: Collection,
  filter: Filter<Document>,
  sort: Sort,
  batchSize = 1_000,
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

/** Those of some ids that have a document. */
export async function idsAmong(
  collection: Collection,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const wanted: object = { _id: { $in: ids } };
  const found = await collection.find(wanted, { projection: { _id: 1 } }).toArray();
  return new Set(found.map(({ _id }) => String(_id)));
}
