import { type Document, ObjectId } from "mongodb";
import { hash } from "node:crypto";
import { type CollectionRole, byRole, collections } from "../contract";

/** One text that identifies a document within its collection. */
export type Key = string;

/**
 * The fields that identify a record: `_id` for a run, otherwise those of the contract's unique index.
 */
export const keyFields = byRole<readonly string[]>((role) => {
  const unique = collections[role].indexes.find((index) => index.unique);
  return Object.keys(unique?.key ?? { _id: 1 });
});

/** The key of a document that has all key fields. */
export function keyOf(role: CollectionRole, document: Document): Key {
  return joinKey(keyFields[role].map((field) => document[field] as unknown));
}

/** The key of the values of all key fields, in their order. */
export function joinKey(values: readonly unknown[]): Key {
  return values.map(String).join("\0");
}

/** Formats a key for people. */
export function readableKey(key: Key): string {
  return key.replaceAll("\0", ":");
}

/**
 * Derives a record's `_id` from a hash of its key, so that two importers generate the same one. That of a log entry
 * begins with its time in seconds (four bytes), as an ObjectId does: entries that are written together are then
 * neighbours in the index on `_id`, which outgrows the memory of a small cluster. An entry that has
 * another `_id` in MongoDB is found by its key.
 *
 * @param time the time of a log entry; undefined for other records
 */
export function deriveId(role: CollectionRole, key: Key, time?: Date): ObjectId {
  const text = hash("sha256", `${role}\0${key}`);
  if (time === undefined) return ObjectId.createFromHexString(text.slice(0, 24));
  const seconds = Math.floor(time.getTime() / 1_000) >>> 0;
  return ObjectId.createFromHexString(seconds.toString(16).padStart(8, "0") + text.slice(0, 16));
}
