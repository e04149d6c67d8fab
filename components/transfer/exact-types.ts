import { BSON, type Document } from "mongodb";
import { isJsonObject } from "../state";

/** Numbers keep their type. */
const asStored = { promoteValues: false } as const;

/** The same options, also for texts that are not valid UTF-8. */
const lenient = { ...asStored, validation: { utf8: false } } as const;

/** The BSON types of an object and of a list (the BSON specification, "element"). */
const objectType = 3;
const listType = 4;

/**
 * Converts bytes to a document with MongoDB's types and order of keys: an object that cannot keep them becomes a map.
 * (The driver's own conversion of a result returns a list named `__proto__` as bytes.)
 */
export function documentIn(bytes: Uint8Array, options: object = asStored): Document {
  const document = BSON.deserialize(bytes, options);
  return Object.values(document).some(isChanged)
    ? Object.fromEntries(toOrderedMembers(bytes))
    : document;
}

/** Reads a field that identifies a document, also if the document is unreadable. */
export function fieldIn(bytes: Uint8Array, name: string): unknown {
  return documentIn(bytes, lenient)[name] as unknown;
}

// The driver's conversion differs: integer-like keys go first, `$ref` with `$id` becomes a reference.
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
  // The driver's own conversion of a value, as the only member of a document.
  const document = Buffer.alloc(bytes.length + 8);
  document.writeInt32LE(document.length);
  document.write("v", 5);
  document[4] = type;
  document.set(bytes, 7);
  return BSON.deserialize(document, asStored).v as unknown;
}
