import type { Document } from "mongodb";
import { boundsOf, matcherOf } from "./match";
import { Order, type Stored } from "./order";
import { compareValues, valueAtPath } from "./value";

/** A sort or an index's key: fields with 1 or -1, as numbers or as BSON's. */
export type IndexKey = Readonly<Record<string, unknown>>;

/** A collection in memory: the documents' bytes, and an order for each index that a query used. */
export class SinkCollection {
  private readonly byId = new Order(["_id"]);
  /** The indexes' fields, with their order once a query needed it. */
  private readonly orders = new Map<string, Order | undefined>([["_id", this.byId]]);
  size = 0;

  addIndex(fields: readonly string[]): void {
    const name = fields.join(",");
    if (!this.orders.has(name)) this.orders.set(name, undefined);
  }

  /** Adds a document, unless its `_id` is there already. */
  insert(bytes: Uint8Array): boolean {
    if (this.byId.get(valueAtPath(bytes, "_id"))) return false;
    const document = { bytes };
    for (const order of this.orders.values()) order?.add(document);
    this.size += 1;
    return true;
  }

  replace(document: Stored, bytes: Uint8Array): void {
    const moved = [...this.orders.values()].filter((order) =>
      order?.fields.some(
        (field) => valueAtPath(document.bytes, field) !== valueAtPath(bytes, field),
      ),
    );
    for (const order of moved) order?.remove(document, document.bytes);
    document.bytes = bytes;
    for (const order of moved) order?.add(document);
  }

  /** The documents that fit a filter, by the best index, in the order that is asked for. */
  *find(filter: Document, sort: IndexKey = {}): Generator<Stored> {
    const fits = matcherOf(filter);
    const { candidates, isSorted } = this.plan(filter, sort);
    const found = select(candidates, ({ bytes }) => fits(bytes));
    yield* isSorted ? found : [...found].sort(comparison(sort));
  }

  /**
   * One document for each value of a field within a filter, as MongoDB's DISTINCT_SCAN returns them. Undefined if no
   * index begins with the field, or the filter is not a range of it.
   */
  oneOfEach(field: string | undefined, filter: Document): Iterable<Stored> | undefined {
    const name = [...this.orders.keys()].find((one) => one.split(",")[0] === field);
    const isOther = Object.keys(filter).some((one) => one !== field);
    if (field === undefined || name === undefined || isOther) return undefined;
    const fits = matcherOf(filter);
    return select(this.order(name).heads(boundsOf(filter, field)), ({ bytes }) => fits(bytes));
  }

  private plan(
    filter: Document,
    sort: IndexKey,
  ): { candidates: Iterable<Stored>; isSorted: boolean } {
    const boundOf = (name: string) => {
      const fields = name.split(",");
      const end = fields.findIndex((field) => boundsOf(filter, field) === undefined);
      return end === -1 ? fields.length : end;
    };
    // MongoDB reads an index in both directions.
    const isBackward = Object.values(sort).some((direction) => Number(direction) === -1);
    const rated = [...this.orders.keys()].map((name) => {
      const isSorted = hasOrder(name.split(","), filter, sort, isBackward);
      return { name, isSorted, bounded: boundOf(name), rate: 2 * boundOf(name) + Number(isSorted) };
    });
    const [best] = rated.sort((one, other) => other.rate - one.rate);
    if (best?.bounded === 0 && Array.isArray(filter.$or)) {
      const parts = (filter.$or as Document[]).map((part) => this.plan(part, {}).candidates);
      return { candidates: unique(parts), isSorted: Object.keys(sort).length === 0 };
    }
    const { name = "_id", isSorted = false } = best ?? {};
    const boundsOn = (field: string) => boundsOf(filter, field);
    return { candidates: this.order(name).within(boundsOn, isSorted && isBackward), isSorted };
  }

  private order(name: string): Order {
    const known = this.orders.get(name);
    if (known) return known;
    const order = new Order(name.split(","));
    for (const document of this.byId.within(() => undefined)) order.add(document);
    this.orders.set(name, order);
    return order;
  }
}

/** Whether an index gives the order: fields of which the filter leaves one value do not count. */
function hasOrder(
  fields: readonly string[],
  filter: Document,
  sort: IndexKey,
  isBackward: boolean,
): boolean {
  const direction = isBackward ? -1 : 1;
  const isFixed = (field: string) => boundsOf(filter, field)?.among?.length === 1;
  const wanted = Object.entries(sort).filter(([field]) => !isFixed(field));
  const given = fields.filter((field) => !isFixed(field));
  return wanted.every(([field, asked], at) => field === given[at] && Number(asked) === direction);
}

function comparison(sort: IndexKey): (one: Stored, other: Stored) => number {
  const fields = Object.entries(sort).map(([field, way]) => [field, Number(way)] as const);
  return (one, other) => {
    for (const [field, way] of fields) {
      const found = compareValues(valueAtPath(one.bytes, field), valueAtPath(other.bytes, field));
      if (found !== 0) return found * way;
    }
    return 0;
  };
}

function* select<T>(items: Iterable<T>, test: (item: T) => boolean): Generator<T> {
  for (const item of items) if (test(item)) yield item;
}

function* unique<T>(lists: readonly Iterable<T>[]): Generator<T> {
  const seen = new Set<T>();
  for (const list of lists) {
    for (const item of list) {
      if (seen.has(item)) continue;
      seen.add(item);
      yield item;
    }
  }
}
