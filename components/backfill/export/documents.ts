import type { Document, Filter } from "mongodb";
import type { CollectionRole } from "../../contract";
import { resumed } from "../resumed";
import { withRetries } from "../server-trouble";
import { documentIn } from "../values/document";
import { roleCollection, type ExportSides } from "./export-run";

/** A log's order: that of its unique index. */
export const inOrder = { runId: 1, sequence: 1 } as const;

/**
 * The documents of a query, one by one: numbers keep their type and keys their order.
 *
 * @param sort the last field alone tells the documents apart: the filter gives the others' values
 * @param batchSize so many are done with well before the server gives an idle cursor up, after 10
 *   minutes
 */
export async function* documentsAsStored(
  sides: ExportSides,
  role: CollectionRole,
  filter: Filter<Document>,
  sort: Readonly<Record<string, 1>>,
  batchSize = 1_000,
): AsyncGenerator<Document> {
  const collection = roleCollection(sides, role);
  const field = Object.keys(sort).at(-1) ?? "_id";
  const open = (last: Document | undefined) => {
    const rest = last ? behind(filter, field, stored(last)) : filter;
    return collection.find(rest, { raw: true, sort, batchSize });
  };
  for await (const raw of resumed(reading(sides, role), open, sides.retries)) yield stored(raw);
}

/** A raw document's type does not say that it is its bytes. */
function stored(raw: Document): Document {
  return documentIn(raw as unknown as Uint8Array);
}

/** Of the documents that a filter selects, those behind one; unlike `$gt` alone in every type. */
function behind(filter: Filter<Document>, field: string, last: Document): Filter<Document> {
  const value = { $literal: last[field] as unknown };
  return { $and: [filter, { $expr: { $gt: [`$${field}`, value] } }] };
}

/** The runs that have documents in a collection, in their order; the index on `runId` has them all. */
export async function* runIdsIn(sides: ExportSides, role: CollectionRole): AsyncGenerator<string> {
  const open = (last: { readonly _id: string } | undefined) =>
    roleCollection(sides, role).aggregate<{ readonly _id: string }>([
      { $match: { runId: { $type: "string", ...(last && { $gt: last._id }) } } },
      { $group: { _id: "$runId" } },
      { $sort: { _id: 1 } },
    ]);
  for await (const { _id } of resumed(reading(sides, role), open, sides.retries)) yield _id;
}

/** Those of some ids that have a document. */
export async function idsAmong(
  sides: ExportSides,
  role: CollectionRole,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const wanted: object = { _id: { $in: ids } };
  const look = () =>
    roleCollection(sides, role)
      .find(wanted, { projection: { _id: 1 } })
      .toArray();
  const found = await withRetries(reading(sides, role), look, sides.retries);
  return new Set(found.map(({ _id }) => String(_id)));
}

/** Whether a filter selects any document. */
export async function hasAny(
  sides: ExportSides,
  role: CollectionRole,
  filter: Filter<Document>,
): Promise<boolean> {
  const look = () => roleCollection(sides, role).findOne(filter, { projection: { _id: 1 } });
  return (await withRetries(reading(sides, role), look, sides.retries)) !== null;
}

/** How many documents a filter selects. */
export async function countOf(
  sides: ExportSides,
  role: CollectionRole,
  filter: Filter<Document>,
): Promise<number> {
  const count = () => roleCollection(sides, role).countDocuments(filter);
  return withRetries(reading(sides, role), count, sides.retries);
}

/** What is done, as an error says it. */
function reading(sides: ExportSides, role: CollectionRole): string {
  return `Reading ${role} from ${roleCollection(sides, role).namespace}`;
}
