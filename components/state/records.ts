import { type Document, Long } from "mongodb";
import type { CollectionRole } from "../contract";
import { check, sizeOf } from "./check";
import { type Conversion, type Entry, convert } from "./convert";
import { type Place, Refusal, refusalIn } from "./errors";
import { type JsonObject, isJsonObject, memberOf, parseJson, setMember } from "./json";
import { type Key, deriveId, joinKey, keyFields } from "./keys";
import type { StateFile } from "./layout";
import { LineNumbers, sequenceIn } from "./line-numbers";
import { type Raw, type RawText, decode } from "./read";

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
  const records: ReadyRecord[] = [];
  for (const text of texts) {
    const { line, offset, ended, length } = text;
    tally.bytes += length;
    if (line !== undefined && text.bytes?.every(isBlank)) continue;
    const { next } = numbers;
    const at = records.length;
    try {
      const entries = unpack(file, runId, parse(text), next);
      for (const record of convertEntries(file, entries, text, tally)) records.push(record);
    } catch (error) {
      const refusal = refusalIn(error);
      if (line !== undefined && !ended) tally.leaveIncomplete({ file: file.name, line, offset });
      else tally.refuse(file.role, new RecordPlace(file.name, line), refusal, new RawRecord(text));
    }
    if (line === undefined || !ended) continue;
    const sequence = records[at]?.document.sequence as Long | undefined;
    numbers.take(sequence === next ? undefined : (sequence ?? sequenceIn(objectIn(text))));
  }
  return records;
}

const isBlank = (byte: number) => byte <= 0x20;

/** A text of fewer bytes is small enough for a document: BSON takes up to seven times as many as JSON. */
const smallText = 1024 * 1024;

/** Converts the entries of a text to records, in the same way. */
export function convertEntries(
  file: StateFile,
  entries: readonly Entry[],
  text: RawText,
  tally: ReadTally = noTally,
): ReadyRecord[] {
  const { role } = file;
  const records: ReadyRecord[] = [];
  for (const entry of entries) {
    const isOnly = entry.entry === undefined;
    const place = new RecordPlace(file.name, text.line, entry.entry);
    const raw = new RawRecord(text, isOnly ? undefined : entry.fields);
    try {
      const { key, document, conversions } = convertEntry(file, entry);
      const isSmall = text.length < smallText;
      const bytes = isSmall ? text.length / entries.length : sizeOf(document);
      records.push(new ReadyRecord(role, place, key, document, bytes, conversions, raw));
    } catch (error) {
      tally.refuse(role, place, refusalIn(error), raw);
    }
  }
  return records;
}

function convertEntry({ role, forms }: StateFile, entry: Entry) {
  const { fields, conversions } = convert(role, entry, forms);
  check(role, fields);
  const key = joinKey(keyFields[role].map((field) => fields.get(field)));
  const time = role === "logs" ? (fields.get("timestamp") as Date) : undefined;
  const _id = role === "runs" ? fields.get("_id") : deriveId(role, key, time);
  // `_id` and the other key fields come first, then the fields as the file has them.
  const document: Document = {};
  document._id = _id;
  for (const field of keyFields[role]) document[field] = fields.get(field);
  fields.forEach((value, name) => {
    setMember(document, name, value);
  });
  return { key, document, conversions };
}

/**
 * Splits the JSON value of a text into entries: a run or a log line is one, approvals are a list, and a manifest has
 * a list of outputs.
 *
 * @param sequence that of a log line without one
 * @throws Refusal if the value has another form
 */
export function unpack(
  { role }: StateFile,
  runId: string,
  value: unknown,
  sequence?: Long,
): Entry[] {
  switch (role) {
    case "runs":
      return [{ fields: value, impliedFields: {} }];
    case "logs":
      return [{ fields: value, impliedFields: { runId, sequence } }];
    case "approvals":
      return toEntries(value, "a list of approvals", { runId });
    case "artifacts": {
      if (!isJsonObject(value)) throw new Refusal("form", "it is not a manifest object");
      const uploadedAt = memberOf(value, "uploadedAt");
      return toEntries(memberOf(value, "outputs"), "a manifest with a list of outputs", {
        runId: memberOf(value, "runId") ?? runId,
        ...(uploadedAt != null && { capturedAt: uploadedAt }),
      });
    }
  }
}

function toEntries(
  list: unknown,
  expected: string,
  impliedFields: Entry["impliedFields"],
): Entry[] {
  if (!Array.isArray(list)) throw new Refusal("form", `it is not ${expected}`);
  return list.map((fields: unknown, at) => ({ fields, impliedFields, entry: at + 1 }));
}

/**
 * Parses the JSON in a text.
 *
 * @throws Refusal if it is too long, empty, not UTF-8 or not JSON, or has a number that BSON cannot hold
 */
export function parse(text: RawText): unknown {
  const { bytes, length } = text;
  if (!bytes) throw new Refusal("too-large", `it has ${length} bytes, more than a record can have`);
  if (bytes.length === 0) throw new Refusal("not-json", "the file is empty");
  const json = decode(text);
  if (json === undefined) throw new Refusal("not-utf8", "it is not valid UTF-8");
  try {
    return parseJson(json);
  } catch (error) {
    if (error instanceof SyntaxError) {
      // Only the position is kept: the engine's own message quotes the text, which may hold a secret.
      const [place] = /at position \d+/.exec(error.message) ?? [];
      throw new Refusal("not-json", place ? `not valid JSON ${place}` : "not valid JSON");
    }
    if (error instanceof RangeError) throw new Refusal("form", "it is nested too deeply");
    throw error;
  }
}

/** Parses the JSON object in a text; undefined for any other text, which is refused when its record is read. */
export function objectIn(text: RawText): JsonObject | undefined {
  try {
    const value = parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    refusalIn(error);
    return undefined;
  }
}

/**
 * The sequence of a log's line, as `sequenceIn` finds it. Where the text itself shows it, the line is not parsed, which
 * is most of the work on a log that has nothing new.
 */
export function sequenceOfLine(text: RawText): Long | undefined {
  return shownSequence(text.bytes) ?? sequenceIn(objectIn(text));
}

const sequenceName = Buffer.from('"sequence":');
const comma = 0x2c;
const open = 0x7b;
const close = 0x7d;

/** The number after the only `"sequence":`, if that is outside of any inner object; undefined if it takes parsing. */
function shownSequence(bytes: Buffer = Buffer.alloc(0)): Long | undefined {
  const at = bytes.indexOf(sequenceName);
  const isFirst = bytes[0] === open && bytes.at(-1) === close && bytes.lastIndexOf(open, at) === 0;
  const before = bytes[at - 1];
  if (at < 1 || !isFirst || (before !== comma && before !== open)) return undefined;
  if (bytes.indexOf(sequenceName, at + 1) !== -1) return undefined;
  const start = at + sequenceName.length;
  // Up to fifteen digits are exact as a number.
  const [digits = ""] = /^\d{1,15}(?=[,}])/.exec(bytes.toString("latin1", start, start + 16)) ?? [];
  return digits === "" ? undefined : Long.fromNumber(Number(digits));
}
