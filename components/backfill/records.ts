import type { Document } from "mongodb";
import type { CollectionRole } from "../contract";
import { Refusal } from "./errors";
import { generatedId, keyFields, keyOf, type Key } from "./keys";
import type { Place } from "./place";
import { check, sizeOf } from "./stages/check";
import { convert, type Conversion } from "./stages/convert";
import type { StateFile } from "./state-folder";
import { plainLogLine } from "./stages/log-line";
import { parse } from "./stages/parse";
import type { Raw, RawText } from "./stages/raw-text";
import { unpack, type Entry, type FileFacts } from "./stages/unpack";
import type { Tally } from "./tally";

/** A record that is ready for MongoDB: the document it becomes, its key and its size. */
export interface ReadyRecord {
  readonly role: CollectionRole;
  readonly place: Place;
  readonly key: Key;
  readonly document: Document;
  /** The document's size in bytes. */
  readonly bytes: number;
  readonly conversions: ReadonlySet<Conversion>;
  /** What the file has, to be kept where the record is refused later. */
  readonly raw: Raw;
}

/** The records in some texts of a file; what is refused is counted in `tally` and left out. */
export function recordsIn(
  file: StateFile,
  facts: FileFacts,
  texts: readonly RawText[],
  tally: Tally,
): ReadyRecord[] {
  return texts.flatMap((text) => recordsInText(file, facts, text, tally));
}

function recordsInText(
  file: StateFile,
  facts: FileFacts,
  text: RawText,
  tally: Tally,
): ReadyRecord[] {
  tally.bytes += text.length;
  const plain = file.role === "logs" && facts.numbered ? plainEntry(file, facts, text) : undefined;
  if (plain) return [plain];
  if (text.line !== undefined && isBlank(text)) return [];
  const place: Place = { file: file.name, ...(text.line !== undefined && { line: text.line }) };
  let entries: Entry[];
  try {
    const value = parse(text);
    entries = unpack(file, facts, value, text.line);
  } catch (error) {
    if (text.ended || text.line === undefined) {
      tally.refuse(file.role, place, refusalIn(error), { text });
    } else tally.leaveIncomplete({ file: file.name, line: text.line, offset: text.offset });
    return [];
  }
  return entries.flatMap((entry) => ready(file.role, placeOf(place, entry), entry, text, tally));
}

const noConversions: ReadonlySet<Conversion> = new Set();

/** A log's line on the short way, if it can go there. */
function plainEntry(
  { role, name: file }: StateFile,
  { runId }: FileFacts,
  text: RawText,
): ReadyRecord | undefined {
  const { decoded, line = 0 } = text;
  const plain = decoded === undefined ? undefined : plainLogLine(decoded, runId);
  if (!plain || decoded === undefined) return undefined;
  const { key, document } = plain;
  const bytes = decoded.length;
  const conversions = noConversions;
  return { role, place: { file, line }, key, document, bytes, conversions, raw: { text } };
}

function ready(
  role: CollectionRole,
  place: Place,
  entry: Entry,
  text: RawText,
  tally: Tally,
): ReadyRecord[] {
  const raw: Raw = entry.entry === undefined ? { text } : { text, entry: entry.fields };
  try {
    const { fields, conversions } = convert(role, entry);
    check(role, fields);
    const document = documentOf(role, fields);
    const key = keyOf(role, document);
    return [{ role, place, key, document, bytes: sizeOf(document), conversions, raw }];
  } catch (error) {
    tally.refuse(role, place, refusalIn(error), raw);
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
