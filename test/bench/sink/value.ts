import { BSON } from "mongodb";

/**
 * A comparable value. Dates are numbers; other types than numbers, texts and booleans are a text of type and bytes,
 * comparable only for equality.
 */
export type Value = string | number | bigint | boolean | null | undefined;

const types = {
  double: 1,
  text: 2,
  object: 3,
  list: 4,
  bool: 8,
  date: 9,
  null: 10,
  int: 16,
  long: 18,
};

interface Element {
  readonly type: number;
  readonly bytes: Buffer;
}

/** The value at a dotted path of a document's bytes; only the elements on the way are looked at. */
export function valueAtPath(bytes: Uint8Array, path: string): Value {
  const found = elementAt(bytes, path);
  return found && valueIn(found.type, found.bytes);
}

/** The same as a driver would write it again: a number keeps its type. */
export function readTyped(bytes: Uint8Array, path: string): unknown {
  const found = elementAt(bytes, path);
  if (found === undefined) return undefined;
  if (found.type === types.text) return valueIn(found.type, found.bytes);
  const size = Buffer.alloc(4);
  size.writeInt32LE(found.bytes.length + 7);
  // A document whose only element has an empty name.
  const alone = Buffer.concat([size, Buffer.from([found.type, 0]), found.bytes, Buffer.alloc(1)]);
  return BSON.deserialize(alone, { promoteValues: false })[""] as unknown;
}

/** The bytes of the items of the list at a path. */
export function itemsAtPath(bytes: Uint8Array, path: string): Uint8Array[] {
  const items: Uint8Array[] = [];
  const list = elementAt(bytes, path);
  if (list?.type !== types.list) return items;
  for (let at = 4; ;) {
    const type = list.bytes[at] ?? 0;
    if (type === 0) return items;
    const begin = list.bytes.indexOf(0, at + 1) + 1;
    at = begin + sizeOf(type, list.bytes, begin);
    items.push(list.bytes.subarray(begin, at));
  }
}

function elementAt(bytes: Uint8Array, path: string): Element | undefined {
  const dot = path.indexOf(".");
  const wanted = dot === -1 ? path : path.slice(0, dot);
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 4; ;) {
    const type = all[at] ?? 0;
    if (type === 0) return undefined;
    const nameEnd = all.indexOf(0, at + 1);
    const end = nameEnd + 1 + sizeOf(type, all, nameEnd + 1);
    const isNamed =
      nameEnd - at - 1 === wanted.length && all.toString("latin1", at + 1, nameEnd) === wanted;
    if (isNamed) {
      const found = all.subarray(nameEnd + 1, end);
      if (dot === -1) return { type, bytes: found };
      const isInside = type === types.object || type === types.list;
      return isInside ? elementAt(found, path.slice(dot + 1)) : undefined;
    }
    at = end;
  }
}

/** The document with some of its elements, whose bytes stay as they are. */
export function keepElements(bytes: Uint8Array, isKept: (name: string) => boolean): Uint8Array {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const kept: Uint8Array[] = [Buffer.alloc(4)];
  for (let at = 4; ;) {
    const type = all[at] ?? 0;
    if (type === 0) break;
    const nameEnd = all.indexOf(0, at + 1);
    const end = nameEnd + 1 + sizeOf(type, all, nameEnd + 1);
    if (isKept(all.toString("utf8", at + 1, nameEnd))) kept.push(all.subarray(at, end));
    at = end;
  }
  const document = Buffer.concat([...kept, Buffer.alloc(1)]);
  document.writeInt32LE(document.length);
  return document;
}

/** Bytes of types that always have so many: also ObjectId, Timestamp and Decimal128. */
const fixedSizes: Readonly<Record<number, number>> = {
  1: 8,
  6: 0,
  7: 12,
  8: 1,
  9: 8,
  10: 0,
  16: 4,
  17: 8,
  18: 8,
  19: 16,
};

/** How many bytes an element's value has. @see https://bsonspec.org/spec.html */
function sizeOf(type: number, bytes: Buffer, at: number): number {
  const fixed = fixedSizes[type];
  if (fixed !== undefined) return fixed;
  const text = 2;
  const object = 3;
  const array = 4;
  const binary = 5;
  if (type === text) return 4 + bytes.readInt32LE(at);
  if (type === object || type === array) return bytes.readInt32LE(at);
  if (type === binary) return 5 + bytes.readInt32LE(at);
  throw new Error(`The sink knows no BSON of type ${String(type)}.`);
}

function valueIn(type: number, bytes: Buffer): Value {
  switch (type) {
    case types.double:
      return bytes.readDoubleLE();
    case types.text:
      return bytes.toString("utf8", 4, bytes.length - 1);
    case types.bool:
      return bytes[0] === 1;
    case types.date:
    case types.long: {
      const long = bytes.readBigInt64LE();
      return long >= Number.MIN_SAFE_INTEGER && long <= Number.MAX_SAFE_INTEGER
        ? Number(long)
        : long;
    }
    case types.int:
      return bytes.readInt32LE();
    case types.null:
      return null;
    default:
      return `\0${String(type)}:${bytes.toString("latin1")}`;
  }
}

/** The value that a command names. */
export function valueOf(value: unknown): Value {
  if (typeof value === "string") return value;
  return valueAtPath(BSON.serialize({ value }, { ignoreUndefined: true }), "value");
}

const order = ["undefined", "object", "number", "bigint", "string", "boolean"];

/** What comes first in an index: texts by UTF-16, which is MongoDB's order for ASCII. */
export function compareValues(one: Value, other: Value): number {
  if (one === other) return 0;
  const areNumbers = isNumber(one) && isNumber(other);
  if (typeof one !== typeof other && !areNumbers) {
    return order.indexOf(typeof one) - order.indexOf(typeof other);
  }
  return (one as number) < (other as number) ? -1 : 1;
}

/** Whether two values are of types that `$gt` compares. */
export function areAlike(one: Value, other: Value): boolean {
  return typeof one === typeof other || (isNumber(one) && isNumber(other));
}

function isNumber(value: Value): boolean {
  return typeof value === "number" || typeof value === "bigint";
}
