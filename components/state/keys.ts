import { type Document, ObjectId } from "mongodb";
import { hash } from "node:crypto";
import { type CollectionRole, byRole, collections } from "../contract";

/** Whatever identifies a document within its collection, as one text. */
export type Key = string;

/**
 * The fields that identify a record: a run's `_id`, else those of the contract's unique index
 * (issue #5, "Identity").
 */
export function keyFields(role: CollectionRole): readonly string[] {
  return fieldsOf[role];
}

const fieldsOf = byRole<readonly string[]>((role) => {
  const unique = collections[role].indexes.find((index) => index.unique);
  return unique?.key.map(([field]) => field) ?? ["_id"];
});

/** The key of a document that has all key fields. */
export function keyOf(role: CollectionRole, document: Document): Key {
  return keyFields(role)
    .map((field) => String(document[field]))
    .join("\0");
}

/** The key of a log entry. */
export function logKey(runId: string, sequence: string): Key {
  return `${runId}\0${sequence}`;
}

/** A key as people read it. */
export function readableKey(key: Key): string {
  return key.replaceAll("\0", ":");
}

/** The `_id` derived from a key, so that two importers give a record the same one. */
export function generatedId(role: CollectionRole, key: Key): ObjectId {
  return ObjectId.createFromHexString(hash("sha256", `${role}\0${key}`).slice(0, 24));
}
