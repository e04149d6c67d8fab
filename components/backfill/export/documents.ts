import { BSON, type Collection, type Document, type Filter, type Sort } from "mongodb";
import { isJsonObject } from "../values/object";

/** A document whose types and order of keys are as in MongoDB: maps where an object loses it. */
const asStored = { promoteValues: false } as const;

/** A batch is written to files well before the server gives an idle cursor up (10 minutes). */
const batchSize = 1_000;

/** The BSON types of an object and of a list (the BSON specification, "element"). */
const objectType = 3;
const listType = 4;

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

/** The runs that have documents in a collection, in their order, by one query each. */
export async function* runIdsIn(collection: Collection): AsyncGenerator<string> {
  const options = { sort: { runId: 1 }, projection: { _id: 0, runId: 1 } } as const;
  let found = await collection.findOne({ runId: { $type: "string" } }, options);
  while (found) {
    const runId = String(found.runId);
    yield runId;
    found = await collection.findOne({ runId: { $gt: runId } }, options);
  }
}

/** A document from its bytes. */
export function documentIn(bytes: Uint8Array): Document {
  const document = BSON.deserialize(bytes, asStored);
  return Object.values(document).some(losesOrder)
    ? Object.fromEntries(orderedMembers(bytes))
    : document;
}

/** Whether an object has a key that looks like an integer: it goes first in a plain object. */
function losesOrder(value: unknown): boolean {
  if (Array.isArray(value)) return value.some(losesOrder);
  if (!isJsonObject(value)) return false;
  return Object.entries(value).some(([key, inner]) => /^\d+$/.test(key) || losesOrder(inner));
}

function orderedMembers(bytes: Uint8Array): Map<string, unknown> {
  const members = BSON.onDemand.parseToElements(bytes);
  return new Map(
    Array.from(members, ([type, nameOffset, nameLength, offset, length]) => {
      const name = Buffer.from(bytes.subarray(nameOffset, nameOffset + nameLength)).toString();
      return [name, orderedValue(type, bytes.subarray(offset, offset + length))];
    }),
  );
}

function orderedValue(type: number, bytes: Uint8Array): unknown {
  if (type === objectType) return orderedMembers(bytes);
  if (type === listType) return [...orderedMembers(bytes).values()];
  return scalarIn(type, bytes);
}

/** The driver's own reading of a value, as the only member of a document. */
function scalarIn(type: number, bytes: Uint8Array): unknown {
  const document = Buffer.alloc(bytes.length + 8);
  document.writeInt32LE(document.length);
  document.write("v", 5);
  document[4] = type;
  document.set(bytes, 7);
  return BSON.deserialize(document, asStored).v as unknown;
}
