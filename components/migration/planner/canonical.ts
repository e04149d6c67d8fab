import { createHash } from "node:crypto";
import { inspect } from "node:util";
import type { WantedSchema } from "../../contract";

/**
 * Canonical forms, in which two states compare equal exactly where MongoDB would treat them alike.
 */

/** A value with the keys of every object sorted and every number plain, whatever its BSON type. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== "object" || value === null) return value;
  if (!isPlain(value)) return canonicalScalar(value);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, member]) => [key, canonical(member)]),
  );
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** A date, a regular expression or a value of a BSON type. */
function canonicalScalar(value: object & { _bsontype?: unknown }): unknown {
  const numeric = ["Int32", "Long", "Double"].includes(String(value._bsontype));
  return numeric ? Number(value) : inspect(value);
}

/**
 * A validator in canonical form. Inside `$jsonSchema` neither the order of keys nor that of
 * `required` has a meaning; in the query operators beside it order stays, because MongoDB
 * compares embedded documents by it.
 */
export function canonicalValidator(validator: object): unknown {
  return Object.fromEntries(
    Object.entries(validator)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([operator, value]: [string, unknown]) => [
        operator,
        operator === "$jsonSchema" ? canonical(sortRequired(value)) : value,
      ]),
  );
}

function sortRequired(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(sortRequired);
  if (typeof schema !== "object" || schema === null) return schema;
  return Object.fromEntries(
    Object.entries(schema).map(([key, member]: [string, unknown]) =>
      key === "required" && Array.isArray(member)
        ? [key, [...(member as unknown[])].sort()]
        : [key, sortRequired(member)],
    ),
  );
}

/** Whether two values have the same canonical form. */
export function sameValue(a: unknown, b: unknown): boolean {
  return JSON.stringify(canonical(a)) === JSON.stringify(canonical(b));
}

/** Whether two validators mean the same. */
export function sameValidator(a: object, b: object): boolean {
  return JSON.stringify(canonicalValidator(a)) === JSON.stringify(canonicalValidator(b));
}

/** The SHA-256, in hex, of what should exist: equal settings have equal checksums. */
export function checksumOf(wanted: WantedSchema): string {
  const collections = wanted.collections.map((collection) => ({
    ...collection,
    validator: canonicalValidator(collection.validator),
  }));
  const indexes = wanted.indexes.map(({ collection, name, key, unique, sparse }) => ({
    collection,
    name,
    key,
    unique,
    sparse,
  }));
  return createHash("sha256")
    .update(JSON.stringify(canonical({ collections, indexes })))
    .digest("hex");
}
