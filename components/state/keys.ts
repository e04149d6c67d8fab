import { type Document, ObjectId } from "mongodb";
import { hash } from "node:crypto";
import { type CollectionRole, byRole, collections } from "../contract";

/** Whatever identifies a document within its collection, as one text. */
export type Key = string;

/**
 * The fields that identify a record: a run's `_id`, else those of the contract's unique index
 * (issue #5, "Identity").
 */
export const keyFields = byRole<readonly string[]>((role) => {
  const unique = collections[role].indexes.find((index) => index.unique);
  return unique?.key.map(([field]) => field) ?? ["_id"];
});

/** The key of a document that has all key fields. */
export function keyOf(role: CollectionRole, document: Document): Key {
  return keyFields[role].map((field) => String(document[field])).join("\0");
}

/** A key as people read it. */
export function readableKey(key: Key): string {
  return key.replaceAll("\0", ":");
}

/**
 * The `_id` derived from a record, so that two importers give it the same one: a hash of its key. That of
 * a log entry begins with the four bytes of its time in seconds, as an ObjectId does, so that what is
 * written together is next to each other in the index on `_id`, which outgrows the memory of a small
 * cluster (issue #15). An entry that MongoDB has under another `_id` is found by its key.
 *
 * @param time of a log entry
 */
export function generateId(role: CollectionRole, key: Key, time?: Date): ObjectId {
  const text = hash("sha256", `${role}\0${key}`);
  if (time === undefined) return ObjectId.createFromHexString(text.slice(0, 24));
  const seconds = Math.floor(time.getTime() / 1_000) >>> 0;
  return ObjectId.createFromHexString(seconds.toString(16).padStart(8, "0") + text.slice(0, 16));
}
