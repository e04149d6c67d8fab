import { type Bounds } from "./match";
import { compareValues, type Value, valueAtPath } from "./value";

/** A document that is stored; an update gives it other bytes. */
export interface Stored {
  bytes: Uint8Array;
}

/** A collection's documents in the order of some fields. */
export class Order {
  private readonly byValue = new Map<Value, Order | Stored | Stored[]>();
  private sorted: readonly Value[] = [];
  private added: Value[] = [];
  private readonly first: string;
  private readonly others: readonly string[];

  constructor(readonly fields: readonly string[]) {
    const [first = "_id", ...others] = fields;
    this.first = first;
    this.others = others;
  }

  add(document: Stored): void {
    const value = valueAtPath(document.bytes, this.first);
    const found = this.byValue.get(value);
    if (found === undefined) this.added.push(value);
    if (this.others.length > 0) {
      const below = (found as Order | undefined) ?? new Order(this.others);
      below.add(document);
      if (found === undefined) this.byValue.set(value, below);
    } else if (found === undefined) this.byValue.set(value, document);
    else if (Array.isArray(found)) found.push(document);
    else this.byValue.set(value, [found as Stored, document]);
  }

  /** Takes a document out, by the bytes with which it was added; its value keeps an empty place. */
  remove(document: Stored, bytes: Uint8Array): void {
    const value = valueAtPath(bytes, this.first);
    const found = this.byValue.get(value);
    if (found instanceof Order) found.remove(document, bytes);
    else {
      const others = found === undefined ? [] : [found].flat().filter((one) => one !== document);
      this.byValue.set(value, others);
    }
  }

  /** The first document with a value of the first field. */
  get(value: Value): Stored | undefined {
    const found = this.byValue.get(value);
    if (found instanceof Order) return found.within(() => undefined).next().value ?? undefined;
    return Array.isArray(found) ? found[0] : found;
  }

  /** The first document of each value within what is asked of the first field, in order. */
  *heads(bounds: Bounds | undefined): Generator<Stored> {
    for (const value of this.between(bounds)) {
      const found = this.get(value);
      if (found) yield found;
    }
  }

  /**
   * The documents within what is asked of each field, in order.
   *
   * @param isBackward whether the last comes first
   */
  *within(
    boundsOn: (field: string) => Bounds | undefined,
    isBackward = false,
  ): Generator<Stored, undefined> {
    const bounds = boundsOn(this.first);
    const among = bounds?.among && (isBackward ? bounds.among.toReversed() : bounds.among);
    for (const value of among ?? this.between(bounds, isBackward)) {
      const found = this.byValue.get(value);
      if (found instanceof Order) yield* found.within(boundsOn, isBackward);
      else if (Array.isArray(found)) yield* found;
      else if (found) yield found;
    }
  }

  /** The values between two, both included; later additions do not disturb it. */
  private *between({ from, to }: Bounds = {}, isBackward = false): Generator<Value> {
    if (this.added.length > 0) {
      this.sorted = [...this.sorted, ...this.added].sort(compareValues);
      this.added = [];
    }
    const { sorted } = this;
    const isOver = (value: Value) => to !== undefined && compareValues(value, to) > 0;
    const first = from === undefined ? 0 : locateFile(sorted, from);
    if (!isBackward) {
      for (let at = first; at < sorted.length && !isOver(sorted[at]); at += 1) yield sorted[at];
      return;
    }
    for (let at = sorted.length - 1; at >= first; at -= 1) {
      if (!isOver(sorted[at])) yield sorted[at];
    }
  }
}

/** Where the first value is that is not less. */
function locateFile(sorted: readonly Value[], wanted: Value): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compareValues(sorted[middle], wanted) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}
