import {
  type Entry,
  type FileFacts,
  type Key,
  Refusal,
  type Stamp,
  type WholeFilePlace,
  type WholeFileRole,
  isJsonObject,
  memberOf,
  parse,
  readTexts,
  recordIn,
  refusalIn,
  stampOf,
  unpack,
} from "../../state";
import { type Side, sideOf } from "../merge";

/** A record of a file as it is written there; without key and side if no import would take it. */
export interface ExistingRecord {
  readonly fields: unknown;
  readonly key?: Key;
  readonly side?: Side;
}

/** A file of a run, of approvals or of artifacts. */
export interface ExistingFile {
  readonly stamp: Stamp;
  /** What the file holds, a manifest's members among it; undefined if it is not there. */
  readonly whole: unknown;
  readonly records: readonly ExistingRecord[];
  /** Why nothing can be said of it: it cannot be read, or is no such file. It stays then. */
  readonly refusal?: Refusal;
}

/** Reads a file with one JSON value. */
export async function existingFile(place: WholeFilePlace): Promise<ExistingFile> {
  const noFile = { stamp: undefined, whole: undefined, records: [] };
  if (!place.there) return noFile;
  try {
    return await readFile(place);
  } catch (error) {
    return { ...noFile, refusal: refusalIn(error) };
  }
}

async function readFile(place: WholeFilePlace): Promise<ExistingFile> {
  const stamp = await stampOf(place.path);
  for await (const [text] of readTexts(place)) {
    if (!text) continue;
    const whole = parse(text);
    requireOwn(place, whole);
    return { stamp, whole, records: recordsOf(place, whole) };
  }
  throw new Refusal("not-json", "the file is empty");
}

/** A manifest says whose it is; a run's file was looked at by its name. */
function requireOwn({ role, runId }: WholeFilePlace, whole: unknown): void {
  if (role !== "artifacts" || !isJsonObject(whole)) return;
  const owner = memberOf(whole, "runId");
  if (typeof owner !== "string" || owner === runId) return;
  throw new Refusal("conflict", `the manifest belongs to run ${owner}`);
}

/** The records in a file's value, by the import's own rules. */
export function recordsOf(place: WholeFilePlace, whole: unknown): ExistingRecord[] {
  const facts: FileFacts = { runId: place.runId, numbered: true };
  return unpack(place, facts, whole).map((entry) => existingRecord(place.role, entry));
}

function existingRecord(role: WholeFileRole, entry: Entry): ExistingRecord {
  const { fields } = entry;
  try {
    const { key, document } = recordIn(role, entry);
    return { fields, key, side: sideOf(role, document) };
  } catch (error) {
    refusalIn(error);
    return { fields };
  }
}
