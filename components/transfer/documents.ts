import { BSON, type Collection, type Document, type Filter, type RunCommandCursor } from "mongodb";
import type { CollectionRole } from "../contract";
import { resumeCursor, withRetries } from "../mongo";
import { isJsonObject, isUnfinished } from "../state";
import { type MongoSide, collectionOf } from "./sides";

/** Numbers keep their type. */
const asStored = { promoteValues: false } as const;

/** The same for the fields that identify a document, whatever its other texts are. */
const lenient = { ...asStored, validation: { utf8: false } } as const;

/** The BSON types of an object and of a list (the BSON specification, "element"). */
const objectType = 3;
const listType = 4;

/**
 * A document from its bytes, with types and order of keys as in MongoDB: maps where a plain object
 * loses it. (The driver's own reading of a result gives a list named `__proto__` as bytes.)
 */
export function documentIn(bytes: Uint8Array, options: object = asStored): Document {
  const document = BSON.deserialize(bytes, options);
  return Object.values(document).some(isChanged)
    ? Object.fromEntries(toOrderedMembers(bytes))
    : document;
}

/** The `_id` of a document that may be unreadable. */
export function idIn(bytes: Uint8Array): string {
  return String(documentIn(bytes, lenient)._id);
}

// The driver's reading differs: keys like integers go first, `$ref` with `$id` becomes a reference.
function isChanged(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (Array.isArray(value)) return value.some(isChanged);
  if (!isJsonObject(value)) return value instanceof BSON.DBRef;
  const members = value as Readonly<Record<string, unknown>>;
  for (const key in members) {
    const code = key.charCodeAt(0);
    if (code >= 0x30 && code <= 0x39 && /^\d+$/.test(key)) return true;
    const inner = members[key];
    if (typeof inner === "object" && isChanged(inner)) return true;
  }
  return false;
}

function toOrderedMembers(bytes: Uint8Array): Map<string, unknown> {
  const elements = Array.from(BSON.onDemand.parseToElements(bytes));
  return new Map(
    elements.map(([type, nameOffset, nameLength, offset, length]) => [
      Buffer.from(bytes.subarray(nameOffset, nameOffset + nameLength)).toString(),
      toOrderedValue(type, bytes.subarray(offset, offset + length)),
    ]),
  );
}

function toOrderedValue(type: number, bytes: Uint8Array): unknown {
  if (type === objectType) return toOrderedMembers(bytes);
  if (type === listType) return [...toOrderedMembers(bytes).values()];
  // The driver's own reading of a value, as the only member of a document.
  const document = Buffer.alloc(bytes.length + 8);
  document.writeInt32LE(document.length);
  document.write("v", 5);
  document[4] = type;
  document.set(bytes, 7);
  return BSON.deserialize(document, asStored).v as unknown;
}

const step = { enabled: { $ne: false }, status: { $nin: ["Succeeded", "Failed", "Skipped"] } };
/**
 * Selects each run that may still execute steps, and some that are finished: `isUnfinished` decides. No index serves
 * it.
 */
export const mayExecute = {
  $or: [{ "steps.0": { $exists: false } }, { steps: { $elemMatch: step } }],
};

/**
 * The runs that may still execute steps, by their ids, with the date of their last update.
 *
 * @param wanted the ids to look for, by the index on `_id`, or a filter: `mayExecute` scans the collection, so that it is
 *   not for the time while the worker is stopped
 */
export async function findUnfinishedRuns(
  sides: MongoSide,
  wanted: readonly string[] | Filter<Document>,
): Promise<Map<string, Document>> {
  const found = new Map<string, Document>();
  const options = { projection: { steps: 1, updatedAt: 1 }, batchSize: largestReply };
  for (const query of Array.isArray(wanted) ? filtersOf(wanted as string[]) : [wanted]) {
    await reading(sides, "runs", async (all) => {
      for await (const run of all.find(query, options)) {
        const updatedAt: unknown = run.updatedAt;
        if (isUnfinished(run)) found.set(String(run._id), { updatedAt });
      }
    });
  }
  return found;
}

/** Sort orders by fields that identify a document: by run, and within a log by sequence. */
const orders: Readonly<Record<CollectionRole, Readonly<Record<string, 1>>>> = {
  runs: { _id: 1 },
  logs: { runId: 1, sequence: 1 },
  artifacts: { runId: 1, _id: 1 },
  approvals: { runId: 1, _id: 1 },
};

/**
 * Target size of a server's reply in bytes, by the largest document so far: several replies of the server's own limit,
 * 16 MiB, would take more memory than all else.
 */
const replyBytes = 4 * 1024 * 1024;
/** The number of documents in the first reply. */
const firstReply = 4;
/** So many in a reply are done with well before the server gives an idle cursor up, after 10 minutes. */
const largestReply = 1_000;

/** The documents of a query, one by one in their order: numbers keep their type and keys their order. */
export async function* documentsAsStored(
  sides: MongoSide,
  role: CollectionRole,
  filter: Filter<Document>,
): AsyncGenerator<Document> {
  for await (const bytes of rawDocuments(sides, role, filter)) yield documentIn(bytes);
}

/** Runs as bytes by their ids, by the index on `_id`; without ids all of them, by a scan. */
export async function* rawRuns(
  sides: MongoSide,
  runIds: readonly string[] | undefined,
): AsyncGenerator<Uint8Array> {
  for (const filter of runIds ? filtersOf(runIds) : [{}]) {
    yield* rawDocuments(sides, "runs", filter);
  }
}

/** The same as bytes, for `documentIn`. */
export async function* rawDocuments(
  sides: MongoSide,
  role: CollectionRole,
  filter: Filter<Document>,
): AsyncGenerator<Uint8Array> {
  const sort = orders[role];
  const fields = Object.keys(sort);
  const { collectionName: find, readConcern } = collectionOf(sides, role);
  // The driver adds the read concern to its own find, but not to a command.
  const concern = readConcern && { readConcern };
  let cursor: RunCommandCursor | undefined;
  const open = (last: Position | undefined) => {
    const query = { find, filter: last ? after(filter, last) : filter, sort, ...concern };
    cursor = sides.database.runCursorCommand({ ...query, batchSize: firstReply }, { raw: true });
    return cursor;
  };
  const positionOf = (raw: Document): Position => {
    const document = documentIn(bytesOf(raw), lenient);
    return fields.map((field) => [field, document[field] as unknown]);
  };
  const found = resumeCursor(readingFrom(sides, role), open, positionOf, sides);
  let largest = 1;
  for await (const raw of found) {
    const bytes = bytesOf(raw);
    largest = Math.max(largest, bytes.length);
    cursor?.setBatchSize(Math.min(largestReply, Math.ceil(replyBytes / largest)));
    yield bytes;
  }
}

/** The fields that tell a document apart in the order, with its values. */
type Position = readonly (readonly [field: string, value: unknown])[];

/** A raw document's type does not say that it is its bytes. */
const bytesOf = (raw: Document) => raw as unknown as Uint8Array;

/** Of the documents that a filter selects, those after one; unlike `$gt` alone in every type. */
function after(filter: Filter<Document>, position: Position): Filter<Document> {
  const buildComparison = (operator: string, [field, value]: Position[number]) => ({
    [operator]: [`$${field}`, { $literal: value }],
  });
  const ways = position.map((last, at) => ({
    $and: [
      ...position.slice(0, at).map((same) => buildComparison("$eq", same)),
      buildComparison("$gt", last),
    ],
  }));
  return { $and: [filter, { $expr: { $or: ways } }] };
}

/** A reply of 16 MiB, the server's own limit, would have half a million ids, which are objects first. */
const idsInReply = 1_000;

/**
 * The runs that have documents in a collection, in their order. MongoDB takes one entry of the index on
 * `runId` for each of them (DISTINCT_SCAN), and only because texts are asked for by their range: by
 * `$type` it looks into every document (MongoDB's `index_bounds_builder.cpp`).
 */
export async function* runIdsIn(sides: MongoSide, role: CollectionRole): AsyncGenerator<string> {
  const open = (last: string | undefined) => {
    const texts = last === undefined ? { $gte: "" } : { $gt: last };
    return collectionOf(sides, role).aggregate<{ readonly _id: string }>(
      [{ $match: { runId: texts } }, { $group: { _id: "$runId" } }, { $sort: { _id: 1 } }],
      { batchSize: idsInReply },
    );
  };
  const idOf = ({ _id }: { readonly _id: string }) => _id;
  const found = resumeCursor(readingFrom(sides, role), open, idOf, sides);
  for await (const { _id } of found) yield _id;
}

/** A command has 16 MiB: keys of 1 KB are 5 MB. */
const idsInQuery = 5_000;

/** Filters that select documents by their ids, which the index on `_id` serves. */
function filtersOf(ids: readonly string[]): object[] {
  return Array.from({ length: Math.ceil(ids.length / idsInQuery) }, (_, at) => ({
    _id: { $in: ids.slice(at * idsInQuery, (at + 1) * idsInQuery) },
  }));
}

/** Those of some ids that have a document, by one query for 5,000 of them, which the index on `_id` serves. */
export async function idsAmong(
  sides: MongoSide,
  role: CollectionRole,
  ids: readonly string[],
): Promise<ReadonlySet<string>> {
  const known = new Set<string>();
  const options = { projection: { _id: 1 }, batchSize: idsInQuery + 1 };
  for (const wanted of filtersOf(ids)) {
    const found = await reading(sides, role, (all) => all.find(wanted, options).toArray());
    for (const { _id } of found) known.add(String(_id));
  }
  return known;
}

/** Reads from a role's collection, again if the server has trouble that passes. */
export function reading<T>(
  sides: MongoSide,
  role: CollectionRole,
  work: (collection: Collection) => Promise<T>,
): Promise<T> {
  const collection = collectionOf(sides, role);
  return withRetries(readingFrom(sides, role), () => work(collection), sides);
}

function readingFrom(sides: MongoSide, role: CollectionRole): string {
  return `Reading ${role} from ${collectionOf(sides, role).namespace}`;
}
