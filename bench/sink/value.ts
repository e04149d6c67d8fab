import { BSON } from "mongodb";

/**
 * A value as it is compared. Dates are numbers; what is no number, text or boolean is a text of its
 * type and its bytes, which is equal for equal bytes only.
 */
export type Value = string | number | bigint | boolean | null | undefined;

const { parseToElements } = BSON.onDemand;
const types = { double: 1, text: 2, object: 3, bool: 8, date: 9, null: 10, int: 16, long: 18 };

/** The value at a dotted path of a document's bytes; only the elements on the way are looked at. */
export function valueAt(bytes: Uint8Array, path: string): Value {
  const dot = path.indexOf(".");
  const name = dot === -1 ? path : path.slice(0, dot);
  const wanted = Buffer.from(name);
  for (const [type, nameOffset, nameLength, offset, length] of parseToElements(bytes)) {
    if (nameLength !== wanted.length) continue;
    if (wanted.compare(bytes, nameOffset, nameOffset + nameLength) !== 0) continue;
    const found = Buffer.from(bytes.buffer, bytes.byteOffset + offset, length);
    if (dot === -1) return valueIn(type, found);
    return type === types.object ? valueAt(found, path.slice(dot + 1)) : undefined;
  }
  return undefined;
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
  return valueAt(BSON.serialize({ value }, { ignoreUndefined: true }), "value");
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
