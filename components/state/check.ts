import { BSON, Long } from "mongodb";
import {
  type CollectionRole,
  type Field,
  type FieldType,
  collections,
  describeRule,
} from "../contract";
import { Refusal } from "./errors";
import { isJsonObject, membersOf } from "./json/object";

/** The size of the largest document in bytes: MongoDB takes one more, but its driver does not. */
const largestDocument = 16 * 1024 * 1024 - 1;

/**
 * Checks a converted record against the contract: what is required is there, every field has its
 * type, closed enumerations have a known name, and BSON can hold it all.
 *
 * @throws Refusal with every problem in one sentence; it names types, not values
 */
export function check(role: CollectionRole, fields: ReadonlyMap<string, unknown>): void {
  const problems = [
    ...Object.entries(collections[role].fields).flatMap(([name, field]) =>
      fieldProblems(name, field, fields.get(name)),
    ),
    ...findReserved(role, fields),
  ];
  if (problems.length > 0) throw new Refusal("contract", problems.join("; "));
  for (const [name, value] of fields) {
    const problem = unstorable(name, value);
    if (problem) throw new Refusal("form", problem);
  }
}

/**
 * The size of a document in bytes.
 *
 * @throws Refusal (`too-large`) where MongoDB cannot be given it
 */
export function sizeOf(document: BSON.Document): number {
  const bytes = BSON.calculateObjectSize(document);
  if (bytes <= largestDocument) return bytes;
  throw new Refusal(
    "too-large",
    `it has ${bytes} bytes, and a document has at most ${largestDocument}`,
  );
}

function fieldProblems(name: string, field: Field, value: unknown): string[] {
  if (field.type === "objectId" || field.assumed) return [];
  if (value === undefined || value === null) {
    // On disk a run's `_id` is its `runId`.
    return field.optional ? [] : [`${name === "_id" ? "runId" : name} is missing`];
  }
  const known = !field.closed || field.names?.some((name) => name === value);
  if (known && hasType[field.type](value)) return [];
  return [`${name} ${describeRule(field)}, found ${kindOf(value)}`];
}

const isString = (value: unknown) => typeof value === "string";

const hasType: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: isString,
  long: (value) => value instanceof Long,
  date: (value) => value instanceof Date,
  object: isJsonObject,
  "object[]": (value) => Array.isArray(value) && value.every(isJsonObject),
  "string[]": (value) => Array.isArray(value) && value.every(isString),
  strings: (value) => isJsonObject(value) && membersOf(value).every(([, inner]) => isString(inner)),
  objectId: () => true,
};

/** `_id` is generated except for runs; the driver takes `_bsontype` for a type of its own. */
function findReserved(role: CollectionRole, fields: ReadonlyMap<string, unknown>): string[] {
  const reserved = role === "runs" ? ["_bsontype"] : ["_id", "_bsontype"];
  return reserved.filter((name) => fields.has(name)).map((name) => `${name} is a reserved name`);
}

function kindOf(value: unknown): string {
  if (typeof value === "string") return "another string";
  if (Array.isArray(value)) return "a list";
  if (isJsonObject(value)) return "an object";
  return typeof value === "boolean" ? "a boolean" : "a number";
}

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
  if (depth > deepest) return `${path.slice(0, 80)}... is nested deeper than ${deepest} levels`;
  if (Array.isArray(value)) {
    return firstOf(value.entries(), ([at, item]) => unstorable(`${path}[${at}]`, item, depth + 1));
  }
  return firstOf(
    membersOf(value),
    ([key, inner]) => unstorableKey(path, key) ?? unstorable(`${path}.${key}`, inner, depth + 1),
  );
}

function unstorableText(path: string, text: string): string | undefined {
  return loneSurrogate.test(text) ? `${path} contains half a surrogate pair` : undefined;
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
