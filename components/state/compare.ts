import { BSON, Decimal128, type Document, Double, Int32, Long } from "mongodb";
import { hash } from "node:crypto";
import { type CollectionRole, type Field, collections } from "../contract";
import { isJsonObject, membersOf } from "./json";

/**
 * The hash by which a record on disk and its document are compared: sha256, in hexadecimal, of a canonical text. `_id`
 * does not count, and null in an optional field equals its absence. Numbers are equal by value, and an approval's
 * status in any case. The order of keys counts except at the top and in `metadata`. `differingPaths` compares by the
 * same rules.
 */
export function hashOf(role: CollectionRole, document: Document): string {
  const { fields } = collections[role];
  const members: string[] = [];
  for (const name of Object.keys(document).sort()) {
    const field = own(fields, name);
    const value = ignoreCase(field, document[name]);
    if (name === "_id" || (field?.optional && value == null)) continue;
    const isUnordered = field?.type === "strings" && isJsonObject(value);
    const inOrder = isUnordered
      ? new Map(membersOf(value).toSorted(([a], [b]) => (a < b ? -1 : 1)))
      : value;
    members.push(memberText(name, inOrder));
  }
  return hash("sha256", members.join(","));
}

function ignoreCase(field: Field | undefined, value: unknown): unknown {
  return field?.asWritten && typeof value === "string" ? value.toLowerCase() : value;
}

function memberText(name: string, value: unknown): string {
  return `${JSON.stringify(name)}:${canonicalText(value)}`;
}

function canonicalText(value: unknown): string {
  // The most common types come first. Databases hold the hashes, so the text of a value must never change.
  if (typeof value === "string") return JSON.stringify(value);
  if (typeof value === "number") return String(value);
  if (typeof value !== "object" || value === null) {
    return value === undefined ? "undefined" : JSON.stringify(value);
  }
  if (Array.isArray(value)) {
    let text = "";
    for (const item of value) text += text === "" ? canonicalText(item) : `,${canonicalText(item)}`;
    return `[${text}]`;
  }
  if (isJsonObject(value)) {
    // The driver returns integer-like keys in a plain object's order, so a map is converted to one.
    const plain = (value instanceof Map ? Object.fromEntries(value) : value) as Document;
    let text = "";
    for (const name of Object.keys(plain)) {
      text += text === "" ? memberText(name, plain[name]) : `,${memberText(name, plain[name])}`;
    }
    return `{${text}}`;
  }
  if (value instanceof Double || value instanceof Int32) return String(value.value);
  if (value instanceof Long || value instanceof Decimal128) return value.toString();
  if (value instanceof Date) return `date(${value.getTime()})`;
  return `bson(${BSON.EJSON.stringify(value)})`;
}

/** Whether two values are equal by the rules of `hashOf`, in their order of keys. */
export function areEqual(one: unknown, other: unknown): boolean {
  return canonicalText(one) === canonicalText(other);
}

const maxPaths = 10;

/**
 * The paths, such as `plan.steps[2].name`, at which a record on disk and its document differ: the first ten, or none
 * if they are equal. Compares by the rules of `hashOf`. `_id` does not count, because the caller found the document by
 * its key.
 */
export function differingPaths(role: CollectionRole, disk: Document, mongo: Document): string[] {
  const names = new Set([...Object.keys(disk), ...Object.keys(mongo)]);
  names.delete("_id");
  const paths = [...names].flatMap((name) => {
    const field = own(collections[role].fields, name);
    const ours = ignoreCase(field, own(disk, name));
    const theirs = ignoreCase(field, own(mongo, name));
    if (field?.optional && ours == null && theirs == null) return [];
    return valueDifferences(name, ours, theirs, field?.type !== "strings");
  });
  return paths.slice(0, maxPaths);
}

function valueDifferences(path: string, a: unknown, b: unknown, ordered: boolean): string[] {
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return [path];
    return a.flatMap((item, at) => valueDifferences(`${path}[${at}]`, item, b[at], true));
  }
  if (!isJsonObject(a) || !isJsonObject(b)) return areEqual(a, b) ? [] : [path];
  const ours = new Map(membersOf(a));
  const theirs = new Map(membersOf(b));
  const names = [...new Set([...ours.keys(), ...theirs.keys()])];
  const inside = names.flatMap((name) =>
    ours.has(name) && theirs.has(name)
      ? valueDifferences(`${path}.${name}`, ours.get(name), theirs.get(name), true)
      : [`${path}.${name}`],
  );
  const isReordered = ordered && inside.length === 0 && !areEqual(a, b);
  return isReordered ? [`${path} (order of keys)`] : inside;
}

function own<T>(object: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
