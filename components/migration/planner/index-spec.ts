import type { Document } from "mongodb";
import type { WantedIndex } from "../../contract";
import { sameValue } from "./canonical";
import type { ObservedIndex } from "./observe";

/** What MongoDB compares to tell two indexes apart; hidden and expiry are no part of it. */
type Signature = Pick<ObservedIndex, "key" | "unique" | "sparse"> &
  Partial<Pick<ObservedIndex, "partialFilterExpression" | "collation">>;

/** Whether two indexes are one to MongoDB, whatever their names. */
export function sameSignature(found: ObservedIndex, wanted: Signature): boolean {
  return found.unique === wanted.unique && sameButUnique(found, wanted);
}

/** Whether two indexes differ in uniqueness at most. The order of the key counts. */
export function sameButUnique(found: ObservedIndex, wanted: Signature): boolean {
  return (
    JSON.stringify(found.key) === JSON.stringify(wanted.key) &&
    found.sparse === wanted.sparse &&
    sameValue(found.partialFilterExpression, wanted.partialFilterExpression) &&
    sameValue(found.collation, wanted.collation)
  );
}

/** The specification that builds a wanted index, or an observed one again, as `createIndexes` takes it. */
export function indexSpec(
  index: Signature & Partial<ObservedIndex> & { readonly name: string },
): Document {
  const { key, name, unique, sparse, hidden, expireAfterSeconds } = index;
  const { partialFilterExpression, collation } = index;
  return {
    key: Object.fromEntries(key),
    name,
    ...(unique && { unique }),
    ...(sparse && { sparse }),
    ...(hidden && { hidden }),
    ...(partialFilterExpression && { partialFilterExpression }),
    ...(collation && { collation }),
    ...(expireAfterSeconds !== undefined && { expireAfterSeconds }),
  };
}

/** Whether two specifications are of one index. The order of the key counts. */
export function sameSpec(one: Document, other: Document): boolean {
  return JSON.stringify(one.key) === JSON.stringify(other.key) && sameValue(one, other);
}

/**
 * The index that stands in while a wanted one is replaced under its name. MongoDB refuses two
 * indexes of one signature, so the bridge has another: the key with a trailing `_id`; for a
 * unique index, the key with a partial filter on its first field, which every query by that field
 * can use and which covers every document that has it.
 */
export function bridgeSpec(wanted: WantedIndex): Document {
  const name = bridgeName(wanted);
  if (!wanted.unique) return { key: { ...Object.fromEntries(wanted.key), _id: 1 }, name };
  const first = wanted.key[0]?.[0] ?? "_id";
  return {
    key: Object.fromEntries(wanted.key),
    name,
    unique: true,
    partialFilterExpression: { [first]: { $exists: true } },
  };
}

/** The bridge's name: ours by its ending, so that an interrupted replacement is found again. */
export function bridgeName(wanted: WantedIndex): string {
  return `${wanted.name}_bridge`;
}
