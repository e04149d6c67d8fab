import { BSON, type Document, Long } from "mongodb";
import type { CollectionRole } from "../contract";
import { type Conversion, type ImpliedFields, check, convert } from "./convert";
import { type Place, Refusal, refusalIn } from "./errors";
import { isJsonObject, memberOf, objectIn, parse } from "./json";
import { type Key, deriveId, joinKey, keyFields } from "./keys";
import type { StateFile } from "./layout";
import { LineNumbers, sequenceIn } from "./line-numbers";
import type { Raw, RawText } from "./read";

/**
 * A record that is ready for MongoDB. What lives as long as a batch is an instance of a class: if most of what a literal
 * gave survives a collection, V8 allocates all of it in the old generation, and what it refers to goes there too.
 */
export class ReadyRecord {
  /**
   * @param document what it becomes
   * @param bytes the document's size in bytes, or its share of its text if this is small
   * @param raw kept in case the record is refused later
   */
  constructor(
    readonly role: CollectionRole,
    readonly place: Place,
    readonly key: Key,
    readonly document: Document,
    readonly bytes: number,
    readonly conversions: ReadonlySet<Conversion>,
    readonly raw: Raw,
  ) {}
}

class RecordPlace implements Place {
  constructor(
    readonly file: string,
    readonly line?: number,
    readonly entry?: number,
  ) {}
}

class RawRecord implements Raw {
  constructor(
    readonly text: RawText,
    readonly entry?: unknown,
  ) {}
}

/** The id of the run that a record belongs to, or is. */
export function runIdOf({ role, key, document }: ReadyRecord): string {
  return role === "runs" ? key : String(document.runId);
}

/** Receives what a read finds besides records: bytes, refused records, and lines without an end. */
export interface ReadTally {
  bytes: number;
  /** @param raw the raw record, if it could be read */
  refuse(role: CollectionRole, place: Place, refusal: Refusal, raw?: Raw): void;
  leaveIncomplete(line: IncompleteLine): void;
}

/** A log's last line that has no line end yet; the next import reads it. `offset` is in bytes. */
export interface IncompleteLine {
  readonly file: string;
  readonly line: number;
  readonly offset: number;
}

const noTally: ReadTally = { bytes: 0, refuse: () => undefined, leaveIncomplete: () => undefined };

/**
 * Parses the records in texts of a file. Refused records are omitted and reported to `tally`.
 *
 * @param runId the run to which the file belongs
 * @param tally receives bytes, refused records and lines without an end; default ignores them
 * @param numbers the lines of a log before these; default none. It counts these too, as far as they have an end
 */
export function parseRecords(
  file: StateFile,
  runId: string,
  texts: readonly RawText[],
  tally: ReadTally = noTally,
  numbers = new LineNumbers(),
): ReadyRecord[] {
  const { role } = file;
  const records: ReadyRecord[] = [];
  for (const text of texts) {
    const { line, offset, ended, length } = text;
    tally.bytes += length;
    if (line !== undefined && text.bytes?.every(isBlank)) continue;
    const { next } = numbers;
    const at = records.length;
    try {
      const value = parse(text);
      if (role === "logs") {
        const line = { file, text, tally, bytes: length };
        const record = convertRecord(line, value, { runId, sequence: next });
        if (record) records.push(record);
      } else {
        const entries = unpack(file, runId, value);
        for (const record of convertEntries(file, entries, text, tally)) records.push(record);
      }
    } catch (error) {
      const refusal = refusalIn(error);
      if (line !== undefined && !ended) tally.leaveIncomplete({ file: file.name, line, offset });
      else tally.refuse(role, new RecordPlace(file.name, line), refusal, new RawRecord(text));
    }
    if (line === undefined || !ended) continue;
    const sequence = records[at]?.document.sequence as Long | undefined;
    numbers.take(sequence === next ? undefined : (sequence ?? sequenceIn(objectIn(text))));
  }
  return records;
}

const isBlank = (byte: number) => byte <= 0x20;

/** A record as it is in a file that has one JSON value. */
export interface Entry {
  readonly fields: unknown;
  readonly impliedFields: ImpliedFields;
  /** Its position in the file's list, from 1. */
  readonly entry?: number;
}

/**
 * Splits the JSON value of a file into entries: a run is one, approvals are a list, and a manifest has a list of outputs.
 *
 * @throws Refusal if the value has another form
 */
export function unpack({ role }: StateFile, runId: string, value: unknown): Entry[] {
  if (role === "runs") return [{ fields: value, impliedFields: {} }];
  if (role !== "artifacts") return toEntries(value, "a list of approvals", { runId });
  if (!isJsonObject(value)) throw new Refusal("form", "it is not a manifest object");
  const uploadedAt = memberOf(value, "uploadedAt");
  return toEntries(memberOf(value, "outputs"), "a manifest with a list of outputs", {
    runId: memberOf(value, "runId") ?? runId,
    ...(uploadedAt != null && { capturedAt: uploadedAt }),
  });
}

function toEntries(list: unknown, expected: string, impliedFields: ImpliedFields): Entry[] {
  if (!Array.isArray(list)) throw new Refusal("form", `it is not ${expected}`);
  return list.map((fields: unknown, at) => ({ fields, impliedFields, entry: at + 1 }));
}

/** Converts the entries of a text to records, in the same way. */
export function convertEntries(
  file: StateFile,
  entries: readonly Entry[],
  text: RawText,
  tally: ReadTally = noTally,
): ReadyRecord[] {
  const from = { file, text, tally, bytes: text.length / entries.length };
  return entries.flatMap(
    ({ fields, impliedFields, entry }) => convertRecord(from, fields, impliedFields, entry) ?? [],
  );
}

/** A text of fewer bytes is small enough for a document: BSON takes up to seven times as many as JSON. */
const smallText = 1024 * 1024;

/** The text that a record is read from, and the record's share of its bytes. */
interface RecordSource {
  readonly file: StateFile;
  readonly text: RawText;
  readonly tally: ReadTally;
  readonly bytes: number;
}

/** Converts one record; undefined if it is refused. */
function convertRecord(
  { file: { role, name, forms }, text, tally, bytes }: RecordSource,
  fields: unknown,
  impliedFields: ImpliedFields,
  entry?: number,
): ReadyRecord | undefined {
  const place = new RecordPlace(name, text.line, entry);
  const raw = new RawRecord(text, entry === undefined ? undefined : fields);
  try {
    // `_id` and the other key fields come first, then the fields as the file has them.
    // An empty literal has room for more members than one with a member: they are in the object itself.
    const keyFirst: Document = {};
    keyFirst._id = undefined;
    for (const field of keyFields[role]) keyFirst[field] = undefined;
    const { document, conversions } = convert(role, fields, impliedFields, forms, keyFirst);
    check(role, document);
    const key = joinKey(keyFields[role].map((field) => document[field] as unknown));
    const time = role === "logs" ? (document.timestamp as Date) : undefined;
    if (role !== "runs") document._id = deriveId(role, key, time);
    const size = text.length < smallText ? bytes : sizeOf(document);
    return new ReadyRecord(role, place, key, document, size, conversions, raw);
  } catch (error) {
    tally.refuse(role, place, refusalIn(error), raw);
    return undefined;
  }
}

/** The maximum size of a document in bytes. MongoDB accepts one byte more, but its driver does not. */
const maxDocumentBytes = 16 * 1024 * 1024 - 1;

/**
 * The size of a document in bytes.
 *
 * @throws Refusal (`too-large`) if it exceeds MongoDB's maximum
 */
export function sizeOf(document: Document): number {
  const bytes = BSON.calculateObjectSize(document);
  if (bytes <= maxDocumentBytes) return bytes;
  throw new Refusal(
    "too-large",
    `it has ${bytes} bytes, and a document has at most ${maxDocumentBytes}`,
  );
}
