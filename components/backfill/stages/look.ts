import type { Document } from "mongodb";
import { type Agreement, type Base, type NewBase, agreementIn } from "../bases";
import { type Key, type ReadyRecord, differingPaths } from "../../state";
import { type MergeRules, type Verdict, merge, sideOf } from "../merge";

/** A record with what the merge rules say of it. */
export interface Seen {
  readonly record: ReadyRecord;
  readonly document: Document | undefined;
  readonly base: Base | undefined;
  /** What the base says of both sides as they are. */
  readonly last: Agreement;
  readonly verdict: Verdict;
  /** The base where the record is written, or both sides are equal. */
  readonly becomes: NewBase;
}

/** Looks at a record: the documents and bases that were found, by their keys, say what it is. */
export function lookAt(
  record: ReadyRecord,
  documents: ReadonlyMap<Key, Document>,
  bases: ReadonlyMap<Key, Base>,
  rules: MergeRules,
): Seen {
  const { role, key, place } = record;
  const document = documents.get(key);
  const base = bases.get(key);
  // A log entry has no base, and its key and content suffice.
  if (role === "logs") {
    const becomes = { key, disk: "", mongo: "", file: place.file };
    return { record, document, base, last: {}, verdict: logVerdict(record, document), becomes };
  }
  const disk = sideOf(role, record.document);
  const mongo = document && sideOf(role, document);
  const verdict = merge(role, disk, mongo, base, rules);
  const after = mongo && verdict === "equal" ? mongo : disk;
  const isNew = mongo === undefined;
  const becomes = { key, disk: disk.hash, mongo: after.hash, file: place.file, isNew };
  const last = mongo ? agreementIn(base, { disk: disk.hash, mongo: mongo.hash }) : {};
  return { record, document, base, last, verdict, becomes };
}

function logVerdict({ role, document: disk }: ReadyRecord, document: Document | undefined) {
  if (!document) return "onlyOnDisk";
  return differingPaths(role, disk, document).length === 0 ? "equal" : "conflict";
}
