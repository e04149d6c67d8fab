import { isDeepStrictEqual } from "node:util";
import { Decimal128, Double, Int32, Long, type Document } from "mongodb";
import { collections, type CollectionRole, type Field } from "../../contract";
import { isJsonObject, membersOf, type JsonObject } from "./object";

/** So many paths of one record are named. */
const namedPaths = 10;

/**
 * Where a record on disk and its document differ, as paths such as `plan.steps[2].name`, the first
 * ten; empty where they are equal. `_id` does not count (the key is compared by whoever found the
 * document), for an optional field null and absence are equal, numbers are equal by value, and
 * the order of keys counts except at the top and in `metadata`.
 */
export function differingPaths(role: CollectionRole, disk: Document, mongo: Document): string[] {
  const names = new Set([...Object.keys(disk), ...Object.keys(mongo)]);
  names.delete("_id");
  return [...names]
    .flatMap((name) => fieldDifferences(name, own(collections[role].fields, name), disk, mongo))
    .slice(0, namedPaths);
}

function fieldDifferences(
  name: string,
  field: Field | undefined,
  disk: Document,
  mongo: Document,
): string[] {
  const ours: unknown = own(disk, name);
  const theirs: unknown = own(mongo, name);
  if (field?.optional && ours == null && theirs == null) return [];
  return valueDifferences(name, ours, theirs, field?.type !== "strings");
}

function valueDifferences(path: string, a: unknown, b: unknown, ordered: boolean): string[] {
  if (Array.isArray(a) && Array.isArray(b)) return listDifferences(path, a, b);
  if (isJsonObject(a) && isJsonObject(b)) return objectDifferences(path, a, b, ordered);
  return equalScalars(a, b) ? [] : [path];
}

function listDifferences(path: string, a: readonly unknown[], b: readonly unknown[]): string[] {
  if (a.length !== b.length) return [path];
  return a.flatMap((item, at) => valueDifferences(`${path}[${at}]`, item, b[at], true));
}

function objectDifferences(path: string, a: JsonObject, b: JsonObject, ordered: boolean): string[] {
  const [ours, theirs] = [new Map(membersOf(a)), new Map(membersOf(b))];
  const names = [...new Set([...ours.keys(), ...theirs.keys()])];
  const inside = names.flatMap((name) =>
    ours.has(name) && theirs.has(name)
      ? valueDifferences(`${path}.${name}`, ours.get(name), theirs.get(name), true)
      : [`${path}.${name}`],
  );
  // The driver reads a map's integer-like keys back into a plain object, which loses their order.
  const comparable = ordered && inside.length === 0 && !(a instanceof Map || b instanceof Map);
  return comparable && !isDeepStrictEqual([...ours.keys()], [...theirs.keys()])
    ? [`${path} (order of keys)`]
    : inside;
}

function equalScalars(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  const [ours, theirs] = [numberText(a), numberText(b)];
  return ours === undefined ? isDeepStrictEqual(a, b) : ours === theirs;
}

function numberText(value: unknown): string | undefined {
  if (value instanceof Double || value instanceof Int32) return String(value.value);
  const isNumber =
    typeof value === "number" || value instanceof Long || value instanceof Decimal128;
  return isNumber ? value.toString() : undefined;
}

function own<T>(object: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}
