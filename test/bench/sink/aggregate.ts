import { BSON, type Document } from "mongodb";
import type { SinkCollection, IndexKey } from "./collection";
import { compareValues, keepElements, readTyped, valueAtPath } from "./value";
import { documentOf } from "./wire";

type Documents = Iterable<Uint8Array>;

/**
 * The documents of a pipeline of `$sort`, `$limit`, `$unwind`, `$replaceWith` a field, a `$group` that only names the values of a
 * field, and a `$lookup` in the collection itself. A `$match`, or `$documents`, may begin it.
 */
export function aggregate(collection: SinkCollection, pipeline: readonly Document[]): Documents {
  const [first, ...others] = pipeline;
  if (first?.$documents) {
    const given = (first.$documents as Document[]).map((one) => evaluate(one, new Uint8Array()));
    return through(
      collection,
      given.map((one) => BSON.serialize(one as Document)),
      others,
    );
  }
  const filter = first?.$match as Document | undefined;
  const rest = filter ? others : pipeline;
  const found = bytesOf(collection, filter ?? {}, fieldOf(rest[0]));
  return through(collection, found, rest);
}

/** The field whose values a `$group` names. */
function fieldOf({ $group }: Document = {}): string | undefined {
  if ($group === undefined) return undefined;
  const { _id, ...others } = $group as Document;
  if (typeof _id === "string" && Object.keys(others).length === 0) return _id.slice(1);
  throw new Error(`The sink knows no group ${JSON.stringify($group)}.`);
}

function* bytesOf(
  collection: SinkCollection,
  filter: Document,
  each: string | undefined,
): Documents {
  const found = collection.oneOfEach(each, filter) ?? collection.find(filter);
  for (const { bytes } of found) yield bytes;
}

function through(
  collection: SinkCollection,
  documents: Documents,
  stages: readonly Document[],
): Documents {
  return stages.reduce<Documents>((found, stage) => {
    const [[name, asked]] = Object.entries(stage) as [[string, unknown]];
    switch (name) {
      case "$group":
        return valuesOf(found, String(fieldOf(stage)));
      case "$sort":
        return sortBy(found, asked as IndexKey);
      case "$limit":
        return takeFirst(found, Number(asked));
      case "$lookup":
        return lookUp(collection, found, asked as Lookup);
      case "$unwind":
        return unwind(found, (asked as string).slice(1));
      case "$replaceWith":
        return [...found].map((bytes) => BSON.serialize(evaluate(asked, bytes) as Document));
      default:
        throw new Error(`The sink knows no stage ${name}.`);
    }
  }, documents);
}

/** Each value of a field once. */
function* valuesOf(documents: Documents, field: string): Documents {
  const seen = new Set<unknown>();
  for (const bytes of documents) {
    const value = valueAtPath(bytes, field);
    if (seen.has(value)) continue;
    seen.add(value);
    yield BSON.serialize({ _id: readTyped(bytes, field) ?? null });
  }
}

/** A `$lookup` of the first documents in an order. */
interface Lookup {
  readonly localField: string;
  readonly foreignField: string;
  readonly as: string;
  readonly pipeline: readonly [{ readonly $sort: IndexKey }, { readonly $limit: number }];
}

function* lookUp(collection: SinkCollection, documents: Documents, lookup: Lookup): Documents {
  const [{ $sort }, { $limit }] = lookup.pipeline;
  for (const bytes of documents) {
    const filter = { [lookup.foreignField]: readTyped(bytes, lookup.localField) };
    const found = takeFirst(collection.find(filter, $sort), $limit);
    const list = Array.from(found, (one) => documentOf(one.bytes));
    yield BSON.serialize({ ...documentOf(bytes), [lookup.as]: list });
  }
}

function* unwind(documents: Documents, field: string): Documents {
  for (const bytes of documents) {
    const document = documentOf(bytes);
    for (const one of document[field] as unknown[]) {
      yield BSON.serialize({ ...document, [field]: one });
    }
  }
}

/** A path, an object of expressions, or a value; of a path the type is that of the document. */
function evaluate(expression: unknown, bytes: Uint8Array): unknown {
  if (typeof expression === "string" && expression.startsWith("$")) {
    return readTyped(bytes, expression.slice(1));
  }
  if (typeof expression !== "object" || expression?.constructor !== Object) return expression;
  const parts = Object.entries(expression as Document);
  if (parts[0]?.[0] === "$literal") return parts[0][1];
  const unknownOne = parts.find(([name]) => name.startsWith("$"));
  if (unknownOne) throw new Error(`The sink knows no expression ${unknownOne[0]}.`);
  return Object.fromEntries(parts.map(([name, part]) => [name, evaluate(part, bytes)]));
}

function sortBy(documents: Documents, sort: IndexKey): Documents {
  const fields = Object.entries(sort).map(([field, way]) => [field, Number(way)] as const);
  return [...documents].sort((one, other) => {
    for (const [field, way] of fields) {
      const found = compareValues(valueAtPath(one, field), valueAtPath(other, field));
      if (found !== 0) return found * way;
    }
    return 0;
  });
}

/** The first of some documents. */
export function* takeFirst<T>(items: Iterable<T>, most: number): Generator<T> {
  let left = most;
  if (left <= 0) return;
  for (const item of items) {
    yield item;
    left -= 1;
    if (left === 0) return;
  }
}

/** The fields of a document that a projection of plain names asks for, or leaves out. */
export function project(bytes: Uint8Array, projection: Document): Uint8Array {
  const entries = Object.entries(projection).map(
    ([name, on]) => [name, Boolean(Number(on))] as const,
  );
  const isInclusive = entries.some(([name, on]) => on && name !== "_id");
  const hasId = entries.find(([name]) => name === "_id")?.[1] ?? true;
  const onlyId = entries.length === 1 && entries[0]?.[0] === "_id" && hasId;
  const names = new Map(entries.map(([name, on]) => [name.split(".")[0], on]));
  return keepElements(bytes, (name) => {
    if (name === "_id") return hasId;
    return isInclusive || onlyId ? names.get(name) === true : names.get(name) !== false;
  });
}
