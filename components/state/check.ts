import { BSON, Long } from "mongodb";
import {
  type CollectionRole,
  type FieldType,
  byRole,
  collections,
  describeRule,
} from "../contract";
import { Refusal } from "./errors";
import { isJsonObject, membersOf } from "./json";

/** The size of the largest document in bytes: MongoDB takes one more, but its driver does not. */
const largestDocument = 16 * 1024 * 1024 - 1;

/**
 * Checks a converted record against the contract: what is required is there, every field has its
 * type, closed enumerations have a known name, and BSON can hold it all.
 *
 * @throws Refusal with every problem in one sentence; it names types, not values
 */
export function check(role: CollectionRole, fields: ReadonlyMap<string, unknown>): void {
  const problems = fieldsOf[role].flatMap(([name, field]) => {
    const value = fields.get(name);
    if (field.type === "objectId" || field.assumed) return [];
    if (value === undefined || value === null) {
      // On disk a run's `_id` is its `runId`.
      return field.optional ? [] : [`${name === "_id" ? "runId" : name} is missing`];
    }
    const isKnown = !field.closed || field.names?.some((known) => known === value);
    if (isKnown && hasType[field.type](value)) return [];
    return [`${name} ${describeRule(field)}, found ${describeType(value)}`];
  });
  // `_id` is generated except for runs; the driver takes `_bsontype` for a type of its own.
  for (const name of role === "runs" ? ["_bsontype"] : ["_id", "_bsontype"]) {
    if (fields.has(name)) problems.push(`${name} is a reserved name`);
  }
  if (problems.length > 0) throw new Refusal("contract", problems.join("; "));
  for (const [name, value] of fields) {
    const found = unstorable(value);
    if (!found) continue;
    const path = name + found.path;
    const shown = path.length > longestPath ? `${path.slice(0, longestPath)}...` : path;
    throw new Refusal("form", `${shown} ${found.problem}`);
  }
}

const fieldsOf = byRole((role) => Object.entries(collections[role].fields));

/**
 * The size of a document in bytes.
 *
 * @throws Refusal (`too-large`) if MongoDB cannot be given it
 */
export function sizeOf(document: BSON.Document): number {
  const bytes = BSON.calculateObjectSize(document);
  if (bytes <= largestDocument) return bytes;
  throw new Refusal(
    "too-large",
    `it has ${bytes} bytes, and a document has at most ${largestDocument}`,
  );
}

const isString = (value: unknown) => typeof value === "string";

const hasType: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: isString,
  long: (value) => value instanceof Long,
  date: (value) => value instanceof Date,
  object: isJsonObject,
  "object[]": (value) => Array.isArray(value) && value.every(isJsonObject),
  strings: (value) => isJsonObject(value) && membersOf(value).every(([, inner]) => isString(inner)),
  // Only fields that are assumed have this type: they are not checked, and an id is made here.
  "string[]": () => true,
  objectId: () => true,
};

function describeType(value: unknown): string {
  if (typeof value === "string") return "another string";
  if (Array.isArray(value)) return "a list";
  if (isJsonObject(value)) return "an object";
  return typeof value === "boolean" ? "a boolean" : "a number";
}

/** MongoDB's limit of nested documents and arrays, the document itself counted. */
const deepest = 100;

/** The maximum number of characters of a path in a message. */
const longestPath = 80;

/** A value that BSON cannot hold, with its place below the checked value. */
type Unstorable = Readonly<Record<"path" | "problem", string>>;

/**
 * Why BSON cannot hold a parsed value; undefined if it can. The place is put together on the way
 * back, since hardly any value has a problem.
 *
 * @param depth the value's level; the document is level 1
 * @see https://www.mongodb.com/docs/manual/reference/limits/
 */
function unstorable(value: unknown, depth = 2): Unstorable | undefined {
  if (typeof value === "string") return halfPair.test(value) ? hasHalfPair : undefined;
  const isList = Array.isArray(value);
  if (!isList && !isJsonObject(value)) return undefined;
  if (depth > deepest) return { path: "", problem: `is nested deeper than ${deepest} levels` };
  if (isList) {
    for (let at = 0; at < value.length; at += 1) {
      const found = unstorable(value[at], depth + 1);
      if (found) return { ...found, path: `[${at}]${found.path}` };
    }
    return undefined;
  }
  for (const [name, inner] of membersOf(value)) {
    if (name.includes("\0")) return { path: "", problem: "has a name with a null character" };
    // The driver takes an object with this member for a BSON type of its own.
    if (name === "_bsontype") return { path: "", problem: "has the reserved name _bsontype" };
    if (halfPair.test(name)) return hasHalfPair;
    const found = unstorable(inner, depth + 1);
    if (found) return { ...found, path: `.${name}${found.path}` };
  }
  return undefined;
}

/** UTF-8, and so BSON, cannot hold a half of a surrogate pair without the other. */
const halfPair = /\p{Surrogate}/u;
const hasHalfPair: Unstorable = { path: "", problem: "contains half a surrogate pair" };
