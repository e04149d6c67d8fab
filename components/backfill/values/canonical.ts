import { createHash } from "node:crypto";
import { BSON, Decimal128, Double, Int32, Long, type Document } from "mongodb";
import { collections, type CollectionRole } from "../../contract";
import { isJsonObject, membersOf, type JsonObject } from "./object";

/**
 * The hash by which a record on disk and its document are compared: sha256, in hexadecimal, of the
 * record's canonical text. Equal records have equal hashes, in the sense of `differingPaths`:
 * `_id` does not count, null in an optional field is its absence, numbers count by value, and the
 * order of keys counts except at the top and in `metadata`.
 */
export function hashOf(role: CollectionRole, document: Document): string {
  const { fields } = collections[role];
  const names = Object.keys(document).filter((name) => {
    const optional = Object.hasOwn(fields, name) && fields[name]?.optional;
    return name !== "_id" && !(optional && document[name] == null);
  });
  const members = names.sort().map((name) => {
    const value: unknown = document[name];
    const unordered = Object.hasOwn(fields, name) && fields[name]?.type === "strings";
    return memberText(name, unordered && isJsonObject(value) ? inOrder(value) : value);
  });
  return createHash("sha256").update(members.join(",")).digest("hex");
}

function inOrder(object: JsonObject): JsonObject {
  return new Map(membersOf(object).toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function memberText(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${canonicalText(value)}`;
}

function canonicalText(value: unknown): string {
  if (typeof value === "number") return String(value);
  if (value instanceof Double || value instanceof Int32) return String(value.value);
  if (value instanceof Long || value instanceof Decimal128) return value.toString();
  if (value === undefined) return "undefined";
  if (value instanceof Date) return `date(${value.getTime()})`;
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(",")}]`;
  if (isJsonObject(value)) return objectText(value);
  if (typeof value === "object" && value !== null) return `bson(${BSON.EJSON.stringify(value)})`;
  return JSON.stringify(value);
}

/** The driver reads integer-like keys back in a plain object's order, so a map is brought to it. */
function objectText(object: JsonObject): string {
  const plain = object instanceof Map ? (Object.fromEntries(object) as JsonObject) : object;
  const members = Object.entries(plain).map(([name, value]) => memberText(name, value));
  return `{${members.join(",")}}`;
}
