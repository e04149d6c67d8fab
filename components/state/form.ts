import type { Document } from "mongodb";
import { type CollectionRole, collections } from "../contract";
import { convert } from "./convert";
import { hashOf } from "./compare";
import { type JsonObject, isJsonObject, membersOf } from "./json";
import type { FilePlace } from "./place";

/** Fields implied by the file name or the manifest. */
const impliedFields: Readonly<Record<CollectionRole, readonly string[]>> = {
  runs: ["runId"],
  logs: ["_id", "runId"],
  artifacts: ["_id", "runId"],
  approvals: ["_id"],
};

/** The members of a document's record on disk, in the document's order. */
export function recordOf(role: CollectionRole, document: Document): Map<string, unknown> {
  const members = Object.entries(document).filter(([name]) => !impliedFields[role].includes(name));
  return new Map(members.map(([name, value]) => [propertyOf(role, name), value]));
}

/**
 * The members of a record that is on disk already, brought to what the document says: a member of
 * the same value stays as it is written there, with its name's case, all digits of a timestamp
 * and an enumeration's integer.
 */
export function renewRecord(
  role: CollectionRole,
  before: JsonObject,
  document: Document,
): Map<string, unknown> {
  const after = recordOf(role, document);
  const renewed = new Map<string, unknown>();
  for (const [property, value] of membersOf(before)) {
    const [[name, known] = [property, value]] = convert(role, {
      fields: new Map([[property, value]]),
      impliedFields: {},
    }).fields;
    const stored: unknown = document[name];
    const same = hashOf(role, { [name]: known }) === hashOf(role, { [name]: stored });
    if (same) renewed.set(property, value);
    else if (Object.hasOwn(document, name)) {
      // An enumeration that was an integer becomes one again.
      const wasInteger = typeof value === "number" && typeof stored === "string";
      const names = wasInteger ? collections[role].fields[name]?.names : undefined;
      const place = names?.indexOf(String(stored).toLowerCase()) ?? -1;
      renewed.set(property, place < 0 ? stored : place);
    }
    after.delete(propertyOf(role, name));
  }
  for (const [property, value] of after) renewed.set(property, value);
  return renewed;
}

/** On disk a run's `_id` is its `runId`. */
function propertyOf(role: CollectionRole, name: string): string {
  return role === "runs" && name === "_id" ? "runId" : name;
}

/** The roles whose files hold one JSON value; a log's holds one a line. */
export type WholeFileRole = Exclude<CollectionRole, "logs">;

/** The file of a run with one JSON value. */
export interface WholeFilePlace extends FilePlace {
  readonly role: WholeFileRole;
  readonly runId: string;
}

/**
 * What a file holds: a run is the file itself, approvals are a list, a manifest has a list of
 * outputs beside its other members, which stay.
 *
 * @param records the records in their order, as the file has them
 * @param before the file's present content; undefined if there is none
 * @param documents the documents to write, for the members of a new manifest
 */
export function wholeFile(
  role: WholeFileRole,
  records: readonly unknown[],
  before: unknown,
  documents: readonly Document[],
): unknown {
  if (role === "runs") return records[0];
  if (role === "approvals") return records;
  if (isJsonObject(before)) {
    const isOutputs = (name: string) => name.toLowerCase() === "outputs";
    return new Map(
      membersOf(before).map(([name, value]) => [name, isOutputs(name) ? records : value]),
    );
  }
  const moments = documents.map(({ capturedAt }) => capturedAt as unknown);
  const dates = moments.filter((moment) => moment instanceof Date);
  const newest = dates.sort((a, b) => +a - +b).at(-1);
  const runId: unknown = documents[0]?.runId;
  return { runId, ...(newest && { uploadedAt: newest }), outputs: records };
}
