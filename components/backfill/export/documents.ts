import type { Document, Filter, RunCommandCursor } from "mongodb";
import type { CollectionRole } from "../../contract";
import { resumed, withRetries } from "../../mongo";
import { documentIn } from "../values/document";
import { roleCollection, type ExportSides } from "./export-run";

/** A log's order: that of its unique index. */
export const inOrder = { runId: 1, sequence: 1 } as const;

/**
 * A reply of the server is asked to hold so many bytes, as far as the documents so far tell: with
 * its own limit, 16 MiB, several in flight would take more memory than all else (issue #5).
 */
const replyBytes = 4 * 1024 * 1024;
/** So many documents are in the first reply. */
const firstReply = 4;

/**
 * The documents of a query, one by one: numbers keep their type and keys their order.
 *
 * @param sort the last field alone tells the documents apart: the filter gives the others' values
 * @param batchSize so many at most in a reply are done with well before the server gives an idle cursor up, after 10
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
  const { collectionName: find } = collection;
  let cursor: RunCommandCursor | undefined;
  const open = (last: Place | undefined) => {
    const query = { find, filter: last ? behind(filter, field, last) : filter, sort };
    cursor = sides.database.runCursorCommand({ ...query, batchSize: firstReply }, { raw: true });
    return cursor;
  };
  const placeOf = (raw: Document): Place => ({ value: stored(raw)[field] });
  const found = resumed(reading(sides, role), open, placeOf, sides.retries);
  let largest = 1;
  for await (const raw of found) {
    largest = Math.max(largest, bytesOf(raw).length);
    cursor?.setBatchSize(Math.min(batchSize, Math.ceil(replyBytes / largest)));
    yield stored(raw);
  }
}

/** A document's place in the order: the value of the field that tells it apart. */
interface Place {
  readonly value: unknown;
}

/** A raw document's type does not say that it is its bytes. */
const bytesOf = (raw: Document) => raw as unknown as Uint8Array;

function stored(raw: Document): Document {
  return documentIn(bytesOf(raw));
}

/** Of the documents that a filter selects, those behind one; unlike `$gt` alone in every type. */
function behind(filter: Filter<Document>, field: string, { value }: Place): Filter<Document> {
  return { $and: [filter, { $expr: { $gt: [`$${field}`, { $literal: value }] } }] };
}

/** The runs that have documents in a collection, in their order; the index on `runId` has them all. */
export async function* runIdsIn(sides: ExportSides, role: CollectionRole): AsyncGenerator<string> {
  const open = (last: string | undefined) =>
    roleCollection(sides, role).aggregate<{ readonly _id: string }>([
      { $match: { runId: { $type: "string", ...(last !== undefined && { $gt: last }) } } },
      { $group: { _id: "$runId" } },
      { $sort: { _id: 1 } },
    ]);
  const idOf = ({ _id }: { readonly _id: string }) => _id;
  const found = resumed(reading(sides, role), open, idOf, sides.retries);
  for await (const { _id } of found) yield _id;
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
