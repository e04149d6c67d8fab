import { BSON, type Document } from "mongodb";
import { areAlike, compareValues, type Value, itemsAtPath, valueAtPath, valueOf } from "./value";

/** A filter's condition on one field. */
export interface Bounds {
  /** The values that it may have, in their order. */
  readonly among?: readonly Value[];
  readonly from?: Value;
  readonly to?: Value;
}

type Test = (value: Value) => boolean;

/** Whether a document's bytes fit a filter. */
export function matcherOf(filter: Document): (bytes: Uint8Array) => boolean {
  const tests = Object.entries(filter).map(([name, asked]) => {
    if (name === "$or") {
      const parts = (asked as Document[]).map(matcherOf);
      return (bytes: Uint8Array) => parts.some((part) => part(bytes));
    }
    if (name === "$expr") return isWhole(asked as WholeDocument);
    if (name.startsWith("$")) throw new Error(`The sink knows no filter ${name}.`);
    const { $elemMatch: ofItem } = (asked ?? {}) as { readonly $elemMatch?: Document };
    if (ofItem) {
      const fitsItem = matcherOf(ofItem);
      return (bytes: Uint8Array) => itemsAtPath(bytes, name).some(fitsItem);
    }
    const fits = all(conditionsIn(asked).map(([operator, value]) => testOf(operator, value)));
    return (bytes: Uint8Array) => fits(valueAtPath(bytes, name));
  });
  return all(tests);
}

function all<T>(tests: readonly ((value: T) => boolean)[]): (value: T) => boolean {
  return (value) => tests.every((test) => test(value));
}

/** What an import asks of a document that it replaces: `{ $eq: ["$$ROOT", { $literal }] }`. */
interface WholeDocument {
  readonly $eq: readonly [root: string, seen: { readonly $literal: Document }];
}

function isWhole({ $eq: [, { $literal }] }: WholeDocument): (bytes: Uint8Array) => boolean {
  const wanted = BSON.serialize($literal);
  return (bytes) => Buffer.compare(bytes, wanted) === 0;
}

/** The operators of a condition; a plain value is asked to be equal. */
function conditionsIn(asked: unknown): [string, unknown][] {
  const isPlain = typeof asked === "object" && asked?.constructor === Object;
  if (!isPlain) return [["$eq", asked]];
  const entries = Object.entries(asked as Document);
  return entries.some(([name]) => name.startsWith("$")) ? entries : [["$eq", asked]];
}

function testOf(operator: string, asked: unknown): Test {
  if (operator === "$in" || operator === "$nin") {
    const values = new Set((asked as unknown[]).map(valueOf));
    return (value) => values.has(value) === (operator === "$in");
  }
  if (operator === "$not") {
    const fits = all(conditionsIn(asked).map(([name, value]) => testOf(name, value)));
    return (value) => !fits(value);
  }
  const wanted = valueOf(asked);
  const compareWith = (test: (order: number) => boolean) => (value: Value) =>
    areAlike(value, wanted) && test(compareValues(value, wanted));
  switch (operator) {
    case "$eq":
      return (value) => (wanted === null ? value == null : value === wanted);
    case "$ne":
      return (value) => (wanted === null ? value != null : value !== wanted);
    case "$gt":
      return compareWith((order) => order > 0);
    case "$gte":
      return compareWith((order) => order >= 0);
    case "$lt":
      return compareWith((order) => order < 0);
    case "$lte":
      return compareWith((order) => order <= 0);
    case "$exists":
      return (value) => (value !== undefined) === Boolean(wanted);
    default:
      throw new Error(`The sink knows no condition ${operator}.`);
  }
}

/** What a filter asks of a field at least; undefined if an index on it does not help. */
export function boundsOf(filter: Document, field: string): Bounds | undefined {
  const conditions = field in filter ? conditionsIn(filter[field]) : [];
  const bounds: { among?: Value[]; from?: Value; to?: Value } = {};
  for (const [operator, asked] of conditions) {
    if (operator === "$eq") bounds.among = [valueOf(asked)];
    if (operator === "$in") {
      bounds.among = [...new Set((asked as unknown[]).map(valueOf))].sort(compareValues);
    }
    if (operator === "$gt" || operator === "$gte") bounds.from = valueOf(asked);
    if (operator === "$lt" || operator === "$lte") bounds.to = valueOf(asked);
  }
  return Object.keys(bounds).length === 0 ? undefined : bounds;
}
