import type { Document } from "mongodb";
import type { CollectionRole } from "../contract";
import { Refusal } from "./errors";
import { factsOf } from "./file-facts";
import { generatedId, keyFields, keyOf, type Key } from "./keys";
import { check, sizeOf } from "./stages/check";
import { convert, type Conversion } from "./stages/convert";
import { stateFiles, type StateFile } from "./stages/list";
import { parse } from "./stages/parse";
import { readTexts, type RawText } from "./stages/read";
import { unpack, type Entry, type FileFacts } from "./stages/unpack";
import type { StateFolder } from "./state-folder";
import type { Place, Tally } from "./tally";

/** A record that is ready for MongoDB: the document it becomes, its key and its size. */
export interface ReadyRecord {
  readonly role: CollectionRole;
  readonly place: Place;
  readonly key: Key;
  readonly document: Document;
  /** The document's size in bytes. */
  readonly bytes: number;
  readonly conversions: ReadonlySet<Conversion>;
}

/**
 * Every record below a state root, through list, read, parse, convert and check, in chunks. What
 * is refused on the way is counted in `tally` and left out.
 */
export async function* readyRecords(
  folder: StateFolder,
  tally: Tally,
): AsyncGenerator<ReadyRecord[]> {
  for await (const file of stateFiles(folder, tally.skipped)) {
    tally.files += 1;
    try {
      yield* recordsOf(folder, file, tally);
    } catch (error) {
      tally.refuse(file.role, { file: file.name }, unreadable(error));
    }
  }
}

async function* recordsOf(
  folder: StateFolder,
  file: StateFile,
  tally: Tally,
): AsyncGenerator<ReadyRecord[]> {
  const facts = await factsOf(folder, file);
  for await (const texts of readTexts(file)) {
    yield texts.flatMap((text) => {
      tally.bytes += text.length;
      return recordsIn(file, facts, text, tally);
    });
  }
}

function recordsIn(file: StateFile, facts: FileFacts, text: RawText, tally: Tally): ReadyRecord[] {
  if (text.line !== undefined && isBlank(text)) return [];
  const place: Place = { file: file.name, ...(text.line !== undefined && { line: text.line }) };
  let entries: Entry[];
  try {
    const value = parse(text);
    entries = unpack(file, facts, value, text.line);
  } catch (error) {
    if (text.ended || text.line === undefined) tally.refuse(file.role, place, refusalIn(error));
    else tally.leaveIncomplete({ file: file.name, line: text.line, offset: text.offset });
    return [];
  }
  return entries.flatMap((entry) => ready(file.role, placeOf(place, entry), entry, tally));
}

function ready(role: CollectionRole, place: Place, entry: Entry, tally: Tally): ReadyRecord[] {
  try {
    const { fields, conversions } = convert(role, entry);
    check(role, fields);
    const document = documentOf(role, fields);
    const key = keyOf(role, document);
    return [{ role, place, key, document, bytes: sizeOf(document), conversions }];
  } catch (error) {
    tally.refuse(role, place, refusalIn(error));
    return [];
  }
}

/** The document: `_id` and the other key fields first, then the fields as the file has them. */
function documentOf(role: CollectionRole, fields: ReadonlyMap<string, unknown>): Document {
  const known: Document = Object.fromEntries(fields);
  if (role === "runs") return { _id: known._id as unknown, ...known };
  const keys = Object.fromEntries(keyFields(role).map((field) => [field, known[field] as unknown]));
  return { _id: generatedId(role, keyOf(role, known)), ...keys, ...known };
}

function placeOf(place: Place, { entry }: Entry): Place {
  return entry === undefined ? place : { ...place, entry };
}

function isBlank({ bytes }: RawText): boolean {
  return bytes?.every((byte) => byte <= 0x20) ?? false;
}

function refusalIn(error: unknown): Refusal {
  if (error instanceof Refusal) return error;
  throw error;
}

/** A file that cannot be opened or read is one refused record; any other error ends the run. */
function unreadable(error: unknown): Refusal {
  if (error instanceof Error && "syscall" in error && "code" in error) {
    return new Refusal("unreadable", `cannot be read: ${String(error.code)}`);
  }
  throw error;
}
