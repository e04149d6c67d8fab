import type { Document } from "mongodb";
import type { CollectionRole } from "../contract";
import type { StateFile } from "./address";
import { check, sizeOf } from "./check";
import { type Conversion, convert } from "./convert";
import { type Place, Refusal, refusalIn } from "./errors";
import { type JsonObject, isJsonObject } from "./json/object";
import { parseJson } from "./json/parse";
import { type Key, generateId, keyFields, keyOf } from "./keys";
import { plainLogLine } from "./log-line";
import { type Raw, type RawText } from "./lines";
import { decode } from "./read";
import { type Entry, type FileFacts, unpack } from "./unpack";

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

/** Gets what reading finds beside records: bytes read, records that are refused, lines without an end. */
export interface Findings {
  bytes: number;
  /** @param raw what the file has, where it could be read */
  refuse(role: CollectionRole, place: Place, refusal: Refusal, raw?: Raw): void;
  leaveIncomplete(line: IncompleteLine): void;
}

/** The last line of a log that has no end yet: left for the next run. `offset` is in bytes. */
export interface IncompleteLine {
  readonly file: string;
  readonly line: number;
  readonly offset: number;
}

const nobody: Findings = { bytes: 0, refuse: () => undefined, leaveIncomplete: () => undefined };

/**
 * The records in some texts of a file; what is refused is left out.
 *
 * @param findings is told what is refused; default nobody
 */
export function recordsIn(
  file: StateFile,
  facts: FileFacts,
  texts: readonly RawText[],
  findings: Findings = nobody,
): ReadyRecord[] {
  return texts.flatMap((text) => recordsInText(file, facts, text, findings));
}

function recordsInText(
  file: StateFile,
  facts: FileFacts,
  text: RawText,
  findings: Findings,
): ReadyRecord[] {
  findings.bytes += text.length;
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
      findings.refuse(file.role, place, refusalIn(error), { text });
    } else findings.leaveIncomplete({ file: file.name, line: text.line, offset: text.offset });
    return [];
  }
  return entries.flatMap((entry) =>
    ready(file.role, placeOfEntry(place, entry), entry, text, findings),
  );
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
  findings: Findings,
): ReadyRecord[] {
  const raw: Raw = entry.entry === undefined ? { text } : { text, entry: entry.fields };
  try {
    return [{ role, place, ...recordIn(role, entry), raw }];
  } catch (error) {
    findings.refuse(role, place, refusalIn(error), raw);
    return [];
  }
}

/**
 * What a record becomes in MongoDB.
 *
 * @throws Refusal if no import takes it
 */
export function recordIn(
  role: CollectionRole,
  entry: Entry,
): Pick<ReadyRecord, "key" | "document" | "bytes" | "conversions"> {
  const { fields, conversions } = convert(role, entry);
  check(role, fields);
  const document = documentOf(role, fields);
  return { key: keyOf(role, document), document, bytes: sizeOf(document), conversions };
}

/** The document: `_id` and the other key fields first, then the fields as the file has them. */
function documentOf(role: CollectionRole, fields: ReadonlyMap<string, unknown>): Document {
  const known: Document = Object.fromEntries(fields);
  if (role === "runs") return { _id: known._id as unknown, ...known };
  const keys = Object.fromEntries(keyFields(role).map((field) => [field, known[field] as unknown]));
  const time = role === "logs" ? (known.timestamp as Date) : undefined;
  return { _id: generateId(role, keyOf(role, known), time), ...keys, ...known };
}

function placeOfEntry(place: Place, { entry }: Entry): Place {
  return entry === undefined ? place : { ...place, entry };
}

function isBlank({ bytes }: RawText): boolean {
  return bytes?.every((byte) => byte <= 0x20) ?? false;
}

/**
 * The JSON value of a text.
 *
 * @throws Refusal where it is too long, empty, not UTF-8, no JSON, or holds a number that BSON
 *   cannot
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
    if (error instanceof SyntaxError) throw new Refusal("not-json", notJson(error));
    if (error instanceof RangeError) throw new Refusal("form", "it is nested too deeply");
    throw error;
  }
}

/** The JSON object in a text; undefined if it holds none, which is refused where its record is read. */
export function objectIn(text: RawText): JsonObject | undefined {
  try {
    const value = parse(text);
    return isJsonObject(value) ? value : undefined;
  } catch (error) {
    refusalIn(error);
    return undefined;
  }
}

/** The engine's own message quotes the text, which may hold a secret: only the place is kept. */
function notJson(error: SyntaxError): string {
  const place = /at position \d+/.exec(error.message);
  return place ? `not valid JSON ${place[0]}` : "not valid JSON";
}
