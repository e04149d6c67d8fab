import type { Document } from "mongodb";
import type { CollectionRole } from "../../contract";
import { isJsonObject, membersOf } from "../values/object";
import type { FilePlace } from "./place";

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
 * @param before what the file holds now; undefined where it is not there
 * @param documents what is written, for the members of a manifest that is not there yet
 */
export function wholeFile(
  role: WholeFileRole,
  records: readonly unknown[],
  before: unknown,
  documents: readonly Document[],
): unknown {
  if (role === "runs") return records[0];
  if (role === "approvals") return records;
  if (!isJsonObject(before)) return newManifest(records, documents);
  return new Map(
    membersOf(before).map(([name, value]) => [
      name,
      name.toLowerCase() === "outputs" ? records : value,
    ]),
  );
}

function newManifest(outputs: readonly unknown[], documents: readonly Document[]): unknown {
  const moments = documents.map(({ capturedAt }) => capturedAt as unknown);
  const newest = moments
    .filter((moment) => moment instanceof Date)
    .sort((a, b) => +a - +b)
    .at(-1);
  const runId: unknown = documents[0]?.runId;
  return { runId, ...(newest && { uploadedAt: newest }), outputs };
}
