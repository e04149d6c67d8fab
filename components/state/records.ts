import { BSON, type Document, Long, ObjectId } from "mongodb";
import { hash } from "node:crypto";
import { type CollectionRole, byRole, collections } from "../contract";
import { type ImpliedFields, check, convert } from "./convert";
import { type RecordLocation, Refusal, refusalIn } from "./errors";
import { type Entry, unpack } from "./entries";
import { objectIn, parse } from "./json";
import type { StateFile } from "./layout";
import type { Raw, RawText } from "./read";
import { sequenceIn } from "./sequence";

/**
 * A record that is ready for MongoDB. Objects that live as long as a batch are instances of a class: if most objects of
 * a literal survive a garbage collection, V8 allocates all of them in the old generation, and the objects that they
 * refer to go there too.
 */
export class ReadyRecord {
  /**
   * @param document the record's document
   * @param bytes the document's size in bytes, or its share of its text if this is small
   * @param raw kept in case the record is refused later
   */
  constructor(
    readonly role: CollectionRole,
    readonly location: RecordLocation,
    readonly key: Key,
    readonly document: Document,
    readonly bytes: number,
    readonly raw: Raw,
  ) {}
}

class LocationInFile implements RecordLocation {
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

/** The id of a record's run, which may be the record itself. */
export function runIdOf({ role, key, document }: ReadyRecord): string {
  return role === "runs" ? key : String(document.runId);
}

/** Receives the other results of a read: bytes, refused records, and lines without an end. */
export interface ReadTally {
  bytes: number;
  /** @param raw the raw record, if it could be read */
  refuse(role: CollectionRole, location: RecordLocation, refusal: Refusal, raw?: Raw): void;
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
 * @param numbers the lines of a log before these; default: none. It also counts these lines, if they have an end
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
      else tally.refuse(role, new LocationInFile(file.name, line), refusal, new RawRecord(text));
    }
    if (line === undefined || !ended) continue;
    const sequence = records[at]?.document.sequence as Long | undefined;
    numbers.take(sequence === next ? undefined : (sequence ?? sequenceIn(objectIn(text))));
  }
  return records;
}

const isBlank = (byte: number) => byte <= 0x20;

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

/** A text of fewer bytes always fits in a document: BSON takes up to seven times as many bytes as JSON. */
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
  const location = new LocationInFile(name, text.line, entry);
  const raw = new RawRecord(text, entry === undefined ? undefined : fields);
  try {
    // `_id` and the other key fields come first, then the fields as the file has them.
    // Start with an empty literal: V8 keeps room for more members in the object itself than in one with a member.
    const keyFirst: Document = {};
    keyFirst._id = undefined;
    for (const field of keyFields[role]) keyFirst[field] = undefined;
    const document = convert(role, fields, impliedFields, forms, keyFirst);
    check(role, document);
    const key = keyOf(role, document);
    const time = role === "logs" ? (document.timestamp as Date) : undefined;
    if (role !== "runs") document._id = deriveId(role, key, time);
    const size = text.length < smallText ? bytes : sizeOf(document);
    return new ReadyRecord(role, location, key, document, size, raw);
  } catch (error) {
    tally.refuse(role, location, refusalIn(error), raw);
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

/** One text that identifies a document within its collection. */
export type Key = string;

/**
 * The fields that identify a record: `_id` for a run, otherwise those of the contract's unique index.
 */
export const keyFields = byRole<readonly string[]>((role) => {
  const unique = collections[role].indexes.find((index) => index.unique);
  return Object.keys(unique?.key ?? { _id: 1 });
});

/** The key of a document that has all key fields. */
export function keyOf(role: CollectionRole, document: Document): Key {
  return keyFields[role].map((field) => String(document[field])).join("\0");
}

/** Formats a key for people. */
export function readableKey(key: Key): string {
  return key.replaceAll("\0", ":");
}

/**
 * Derives a record's `_id` from a hash of its key, so that two importers generate the same one. A log entry's `_id`
 * begins with its time in seconds (four bytes), as an ObjectId does: entries that are written together are then
 * neighbours in the index on `_id`, which outgrows the memory of a small cluster. An entry that has another `_id` in
 * MongoDB is found by its key.
 *
 * @param time the time of a log entry; undefined for other records
 */
export function deriveId(role: CollectionRole, key: Key, time?: Date): ObjectId {
  const text = hash("sha256", `${role}\0${key}`);
  if (time === undefined) return ObjectId.createFromHexString(text.slice(0, 24));
  const seconds = Math.floor(time.getTime() / 1_000) >>> 0;
  return ObjectId.createFromHexString(seconds.toString(16).padStart(8, "0") + text.slice(0, 16));
}

/** The state of `LineNumbers` after some lines of a log, as a database returns it. */
export interface NumberedLines {
  readonly sequence?: Long | number;
  readonly lacksSequences?: boolean;
}

/**
 * Numbers the lines of a log. A line without a sequence gets one more than the greatest before it; in a log without
 * sequences, that is its ordinal, from 1. A line that cannot be imported takes a number too, because it may be fixed.
 */
export class LineNumbers {
  /** The greatest sequence so far. */
  sequence: Long;
  /** Whether a line so far has no sequence. */
  lacksSequences: boolean;

  /** @param before the state after the lines before; default: no lines */
  constructor({ sequence = 0, lacksSequences = false }: NumberedLines = {}) {
    this.sequence = Long.fromValue(sequence);
    this.lacksSequences = lacksSequences;
  }

  /** The sequence of the next line, if it has none. */
  get next(): Long {
    return this.sequence.add(Long.ONE);
  }

  /** Counts a line. @param own the sequence that it has */
  take(own: Long | undefined): void {
    if (own === undefined) this.lacksSequences = true;
    const sequence = own ?? this.next;
    if (sequence.greaterThan(this.sequence)) this.sequence = sequence;
  }
}
