import { BSON, Long } from "mongodb";
import {
  type CollectionRole,
  type FieldType,
  byRole,
  collections,
  describeRule,
} from "../contract";
import { Refusal } from "./errors";
import { isJsonObject, namesIn, valueIn } from "./json";

/** The maximum size of a document in bytes. MongoDB accepts one byte more, but its driver does not. */
const maxDocumentBytes = 16 * 1024 * 1024 - 1;

/**
 * Checks a converted record against the contract: required fields are present, every field has its type, closed
 * enumerations have a known name, and BSON can store every value.
 *
 * @throws Refusal that lists all problems; it names types, not values
 */
export function check(role: CollectionRole, fields: ReadonlyMap<string, unknown>): void {
  const problems: string[] = [];
  // An array for each pair of name and value would be a fifth of what an import allocates.
  for (const { name, field } of fieldsOf[role]) {
    const value = fields.get(name);
    if (value === undefined || value === null) {
      // On disk a run's `_id` is its `runId`.
      if (!field.optional) problems.push(`${name === "_id" ? "runId" : name} is missing`);
    } else {
      const isKnown = !field.closed || field.names?.some((known) => known === value);
      if (isKnown && hasType[field.type](value)) continue;
      problems.push(`${name} ${describeRule(field)}, found ${describeType(value)}`);
    }
  }
  for (const name of reservedOf[role]) {
    if (fields.has(name)) problems.push(`${name} is a reserved name`);
  }
  if (problems.length > 0) throw new Refusal("contract", problems.join("; "));
  fields.forEach((value, name) => {
    const found = findUnstorable(value);
    if (!found) return;
    const path = name + found.path;
    const shown = path.length > maxPathLength ? `${path.slice(0, maxPathLength)}...` : path;
    throw new Refusal("form", `${shown} ${found.problem}`);
  });
}

/** The fields that a file has: an object id is generated. */
const fieldsOf = byRole((role) =>
  Object.entries(collections[role].fields)
    .map(([name, field]) => ({ name, field }))
    .filter(({ field: { type, assumed } }) => type !== "objectId" && !assumed),
);

/** An `_id` is generated, except for runs. The driver takes an object with `_bsontype` for a BSON type. */
const reservedOf = byRole((role) => (role === "runs" ? ["_bsontype"] : ["_id", "_bsontype"]));

/**
 * The size of a document in bytes.
 *
 * @throws Refusal (`too-large`) if it exceeds MongoDB's maximum
 */
export function sizeOf(document: BSON.Document): number {
  const bytes = BSON.calculateObjectSize(document);
  if (bytes <= maxDocumentBytes) return bytes;
  throw new Refusal(
    "too-large",
    `it has ${bytes} bytes, and a document has at most ${maxDocumentBytes}`,
  );
}

const isString = (value: unknown) => typeof value === "string";

const hasType: Readonly<Record<FieldType, (value: unknown) => boolean>> = {
  string: isString,
  long: (value) => value instanceof Long,
  date: (value) => value instanceof Date,
  object: isJsonObject,
  "object[]": (value) => Array.isArray(value) && value.every(isJsonObject),
  strings: (value) =>
    isJsonObject(value) && namesIn(value).every((name) => isString(valueIn(value, name))),
  // Never called: only assumed fields are lists of strings, and an object id is generated.
  "string[]": () => true,
  objectId: () => true,
};

function describeType(value: unknown): string {
  if (typeof value === "string") return "another string";
  if (Array.isArray(value)) return "a list";
  if (isJsonObject(value)) return "an object";
  return typeof value === "boolean" ? "a boolean" : "a number";
}

/** MongoDB's maximum number of nested levels; the document itself is level 1. */
const maxDepth = 100;

/** The maximum number of characters of a path in a message. */
const maxPathLength = 80;

/** A value that BSON cannot hold, with its path below the checked value. */
interface Unstorable {
  readonly path: string;
  readonly problem: string;
}

/**
 * Finds what BSON cannot hold in a parsed value; undefined if it can hold all. Builds the path while it returns,
 * because hardly any value has a problem.
 *
 * @param depth the value's level; the document is level 1
 * @see https://www.mongodb.com/docs/manual/reference/limits/
 */
function findUnstorable(value: unknown, depth = 2): Unstorable | undefined {
  if (typeof value === "string") return halfPair.test(value) ? hasHalfPair : undefined;
  const isList = Array.isArray(value);
  if (!isList && !isJsonObject(value)) return undefined;
  if (depth > maxDepth) return { path: "", problem: `is nested deeper than ${maxDepth} levels` };
  if (isList) {
    for (let at = 0; at < value.length; at += 1) {
      const found = findUnstorable(value[at], depth + 1);
      if (found) return { ...found, path: `[${at}]${found.path}` };
    }
    return undefined;
  }
  for (const name of namesIn(value)) {
    if (name.includes("\0")) return { path: "", problem: "has a name with a null character" };
    // The driver takes an object with this member for a BSON type of its own.
    if (name === "_bsontype") return { path: "", problem: "has the reserved name _bsontype" };
    if (halfPair.test(name)) return hasHalfPair;
    const found = findUnstorable(valueIn(value, name), depth + 1);
    if (found) return { ...found, path: `.${name}${found.path}` };
  }
  return undefined;
}

/** UTF-8, and so BSON, cannot hold half a surrogate pair. */
const halfPair = /\p{Surrogate}/u;
const hasHalfPair: Unstorable = { path: "", problem: "contains half a surrogate pair" };
