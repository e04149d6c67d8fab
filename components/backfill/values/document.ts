import { BSON, type Document } from "mongodb";
import { isJsonObject } from "../../state";

/** Numbers keep their type. */
const asStored = { promoteValues: false } as const;

/** The BSON types of an object and of a list (the BSON specification, "element"). */
const objectType = 3;
const listType = 4;

/**
 * A document from its bytes, with types and order of keys as in MongoDB: maps where a plain object
 * loses it. (The driver's own reading of a result gives a list named `__proto__` as bytes.)
 */
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
