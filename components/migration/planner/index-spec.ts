import type { Document } from "mongodb";
import type { WantedIndex } from "../../contract";
import { sameValue } from "./canonical";
import type { ObservedIndex } from "./observe";

/** The properties by which MongoDB tells indexes apart. `hidden` and the expiry are not among them. */
type Signature = Pick<ObservedIndex, "key" | "unique" | "sparse"> &
  Partial<Pick<ObservedIndex, "partialFilterExpression" | "collation">>;

/** Whether two indexes are the same for MongoDB, whatever their names. */
export function sameSignature(found: ObservedIndex, wanted: Signature): boolean {
  return found.unique === wanted.unique && sameExceptUnique(found, wanted);
}

/** Whether two indexes differ at most in uniqueness. The order of keys matters. */
export function sameExceptUnique(found: ObservedIndex, wanted: Signature): boolean {
  return (
    JSON.stringify(found.key) === JSON.stringify(wanted.key) &&
    found.sparse === wanted.sparse &&
    sameValue(found.partialFilterExpression, wanted.partialFilterExpression) &&
    sameValue(found.collation, wanted.collation)
  );
}

/** The argument of `createIndexes` for a wanted or an observed index. */
export function indexSpec(
  index: Signature & Partial<ObservedIndex> & { readonly name: string },
): Document {
  const { key, name, unique, sparse, hidden, expireAfterSeconds } = index;
  const { partialFilterExpression, collation } = index;
  return {
    key,
    name,
    ...(unique && { unique }),
    ...(sparse && { sparse }),
    ...(hidden && { hidden }),
    ...(partialFilterExpression && { partialFilterExpression }),
    ...(collation && { collation }),
    ...(expireAfterSeconds !== undefined && { expireAfterSeconds }),
  };
}

/** Whether two arguments of `createIndexes` describe the same index. The order of keys matters. */
export function sameSpec(one: Document, other: Document): boolean {
  return JSON.stringify(one.key) === JSON.stringify(other.key) && sameValue(one, other);
}

/**
 * Describes the index that serves queries while a wanted one is replaced under its name. MongoDB rejects two indexes of
 * one signature, so its key has a trailing `_id`. For a unique index it has a partial filter on the first field
 * instead, which covers every document with that field and serves every query by it.
 */
export function bridgeSpec(wanted: WantedIndex): Document {
  const name = bridgeName(wanted);
  if (!wanted.unique) return { key: { ...wanted.key, _id: 1 }, name };
  const [first = "_id"] = Object.keys(wanted.key);
  return {
    key: wanted.key,
    name,
    unique: true,
    partialFilterExpression: { [first]: { $exists: true } },
  };
}

/** The bridge's name; its suffix identifies the bridge of an unfinished replacement. */
export function bridgeName(wanted: WantedIndex): string {
  return `${wanted.name}_bridge`;
}
