import type { Document } from "mongodb";
import type { CollectionRole } from "../../contract";
import {
  type Entry,
  type FileFacts,
  type FilePlace,
  type JsonObject,
  type Key,
  Refusal,
  type Stamp,
  check,
  convert,
  isBesideFile,
  isJsonObject,
  keyOf,
  memberOf,
  parse,
  readTexts,
  stampOf,
  unpack,
} from "../../state";
import { type Side, sideOf } from "../merge";

/** A record of a file as it is written there; without key and side where no import would take it. */
export interface ExistingRecord {
  readonly fields: unknown;
  readonly key?: Key;
  readonly side?: Side;
}

/** A file of a run, of approvals or of artifacts. */
export interface ExistingFile {
  readonly stamp: Stamp;
  /** What the file holds, a manifest's members among it; undefined where it is not there. */
  readonly whole: unknown;
  readonly records: readonly ExistingRecord[];
}

export const noFile: ExistingFile = { stamp: undefined, whole: undefined, records: [] };

/**
 * Reads a file with one JSON value.
 *
 * @throws Refusal where it cannot be read or is no such file
 */
export async function existingFile(place: FilePlace, runId: string): Promise<ExistingFile> {
  if (!place.there) return noFile;
  if (await isBesideFile(place)) throw new Refusal("conflict", besideAnother);
  const stamp = await stampOf(place.path);
  const facts: FileFacts = { runId, numbered: true };
  for await (const [text] of readTexts(place)) {
    if (!text) continue;
    const whole = parse(text);
    requireOwn(place, whole, runId);
    const records = unpack(place, facts, whole).map((entry) => existingRecord(place.role, entry));
    return { stamp, whole, records };
  }
  throw new Refusal("not-json", "the file is empty");
}

const besideAnother = "its place has what an export put beside another run's file";

/** A manifest says whose it is; a run's file was looked at by its name. */
function requireOwn({ role }: FilePlace, whole: unknown, runId: string): void {
  if (role !== "artifacts" || !isJsonObject(whole)) return;
  const owner = memberOf(whole, "runId");
  if (typeof owner !== "string" || owner === runId) return;
  throw new Refusal("conflict", `the manifest is that of the run ${owner}`);
}

/** A record's document by the import's own rules. */
export function existingRecord(role: CollectionRole, entry: Entry): ExistingRecord {
  try {
    const { fields } = convert(role, entry);
    check(role, fields);
    const document: Document = Object.fromEntries(fields);
    return { fields: entry.fields, key: keyOf(role, document), side: sideOf(role, document) };
  } catch (error) {
    if (error instanceof Refusal) return { fields: entry.fields };
    throw error;
  }
}

/** A record's members, where it is an object. */
export function membersIn({ fields }: ExistingRecord): JsonObject {
  return isJsonObject(fields) ? fields : {};
}
