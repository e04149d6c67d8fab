import { BSON, type Document } from "mongodb";
import type { SinkCollection, IndexKey } from "./collection";
import { compareValues, keepElements, readTyped, valueAtPath } from "./value";
import { documentOf } from "./wire";

type Documents = Iterable<Uint8Array>;

/**
 * The documents of a pipeline of `$match`, `$group`, `$sort`, `$limit`, `$project`, `$count`, `$unwind`,
 * `$replaceWith` a field, and a `$lookup` in the collection itself, which `$documents` may begin.
 */
export function aggregate(collection: SinkCollection, pipeline: readonly Document[]): Documents {
  const [first, ...others] = pipeline;
  const filter = first?.$match as Document | undefined;
  const sort = (filter ? others[0] : first)?.$sort as IndexKey | undefined;
  const rest = pipeline.slice(Number(filter !== undefined) + Number(sort !== undefined));
  if (first?.$documents) {
    const given = (first.$documents as Document[]).map((one) => evaluate(one, new Uint8Array()));
    return others.reduce<Documents>(
      (documents, stage) => through(collection, documents, stage),
      given.map((one) => BSON.serialize(one as Document)),
    );
  }
  if (first?.$collStats) return [BSON.serialize({ count: collection.size })];
  const found = bytesOf(collection, filter ?? {}, sort, nameOfAll(rest[0]?.$group as Document));
  return rest.reduce<Documents>((documents, stage) => through(collection, documents, stage), found);
}

/** The field of a `$group` that only names its values. */
function nameOfAll(group: Document = {}): string | undefined {
  const { _id, ...others } = group;
  return typeof _id === "string" && Object.keys(others).length === 0 ? _id.slice(1) : undefined;
}

function* bytesOf(
  collection: SinkCollection,
  filter: Document,
  sort: IndexKey | undefined,
  each: string | undefined,
): Documents {
  const found = collection.oneOfEach(each, filter) ?? collection.find(filter, sort);
  for (const { bytes } of found) yield bytes;
}

function through(collection: SinkCollection, documents: Documents, stage: Document): Documents {
  const [[name, asked]] = Object.entries(stage) as [[string, Document]];
  switch (name) {
    case "$group":
      return group(documents, asked);
    case "$sort":
      return sortBy(documents, asked);
    case "$limit":
      return takeFirst(documents, Number(asked));
    case "$project":
      return projectAll(documents, asked);
    case "$count":
      return [BSON.serialize({ [nameIn(stage)]: [...documents].length })];
    case "$lookup":
      return lookUp(collection, documents, asked as Lookup);
    case "$unwind":
      return unwind(documents, (stage.$unwind as string).slice(1));
    case "$replaceWith":
      return [...documents].map((bytes) =>
        BSON.serialize(evaluate(stage.$replaceWith, bytes) as Document),
      );
    default:
      throw new Error(`The sink knows no stage ${name}.`);
  }
}

function* group(documents: Documents, { _id, ...fields }: Document): Documents {
  const groups = new Map<
    string,
    { readonly key: unknown; readonly totals: Record<string, Total> }
  >();
  const accumulators = Object.entries(fields).map(([name, one]) => {
    const [[operator, expression]] = Object.entries(one as Document) as [[string, unknown]];
    return { name, operator, expression };
  });
  for (const bytes of documents) {
    const key = evaluate(_id, bytes);
    const text = keyText(key);
    const group = groups.get(text) ?? { key, totals: {} };
    groups.set(text, group);
    for (const { name, operator, expression } of accumulators) {
      group.totals[name] = accumulate(operator, expression, group.totals[name], bytes);
    }
  }
  for (const { key, totals } of groups.values()) {
    const found = accumulators.map(({ name, expression }) => {
      const total = totals[name];
      return [name, total instanceof Uint8Array ? evaluate(expression, total) : total];
    });
    yield BSON.serialize({ _id: key, ...(Object.fromEntries(found) as Document) });
  }
}

/** What an accumulator has so far: a sum, or the document whose value it takes. */
type Total = number | Uint8Array | undefined;

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

function nameIn({ $count }: Document): string {
  return String($count);
}

function keyText(key: unknown): string {
  return typeof key === "string" ? key : BSON.EJSON.stringify([key ?? null]);
}

function accumulate(operator: string, expression: unknown, total: Total, bytes: Uint8Array): Total {
  switch (operator) {
    case "$sum":
    case "$count": {
      const value = operator === "$count" ? 1 : evaluate(expression, bytes);
      return Number(total ?? 0) + (Number(value ?? 0) || 0);
    }
    case "$first":
      return total ?? bytes;
    case "$last":
      return bytes;
    case "$min":
    case "$max": {
      const path = String(expression).slice(1);
      const value = valueAtPath(bytes, path);
      if (value == null || !(total instanceof Uint8Array)) return value == null ? total : bytes;
      const order = compareValues(value, valueAtPath(total, path));
      return (operator === "$max" ? order > 0 : order < 0) ? bytes : total;
    }
    default:
      throw new Error(`The sink knows no accumulator ${operator}.`);
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

function* projectAll(documents: Documents, projection: Document): Documents {
  for (const bytes of documents) yield project(bytes, projection);
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
