import { isJsonObject, membersOf } from "./object";

/** MongoDB's limit of nested documents and arrays, the document itself counted. */
const deepest = 100;

/** A half of a surrogate pair without the other: UTF-8, and so BSON, cannot hold it. */
const loneSurrogate = /\p{Surrogate}/u;

/**
 * Why BSON cannot hold a parsed value, in words; undefined where it can.
 *
 * @param path where the value is, for the words
 * @param depth the value's level, where the document is the first
 * @see https://www.mongodb.com/docs/manual/reference/limits/
 */
export function unstorable(path: string, value: unknown, depth = 2): string | undefined {
  if (typeof value === "string") return unstorableText(path, value);
  if (!Array.isArray(value) && !isJsonObject(value)) return undefined;
  if (depth > deepest) return `${path.slice(0, 80)}... is nested more than ${deepest} deep`;
  if (Array.isArray(value)) {
    return firstOf(value.entries(), ([at, item]) => unstorable(`${path}[${at}]`, item, depth + 1));
  }
  return firstOf(
    membersOf(value),
    ([key, inner]) => unstorableKey(path, key) ?? unstorable(`${path}.${key}`, inner, depth + 1),
  );
}

function unstorableText(path: string, text: string): string | undefined {
  return loneSurrogate.test(text) ? `${path} holds half a surrogate pair` : undefined;
}

function unstorableKey(path: string, key: string): string | undefined {
  if (key.includes("\0")) return `${path} has a name with a null character`;
  // The driver takes an object with this member for a BSON type of its own.
  if (key === "_bsontype") return `${path} has the reserved name _bsontype`;
  return unstorableText(path, key);
}

function firstOf<T>(
  items: Iterable<T>,
  problem: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const found = problem(item);
    if (found) return found;
  }
  return undefined;
}
