import type { Document } from "mongodb";
import type { CollectionRole } from "../contract";
import { check, sizeOf } from "./check";
import { type Conversion, type Entry, convert } from "./convert";
import { type Place, Refusal, refusalIn } from "./errors";
import { type JsonObject, isJsonObject, memberOf, parseJson } from "./json";
import { type Key, generateId, keyFields, keyOf } from "./keys";
import type { StateFile } from "./layout";
import { type Raw, type RawText, decode } from "./read";

/** A record that is ready for MongoDB: the document it becomes, its key and its size. */
export interface ReadyRecord {
  readonly role: CollectionRole;
  readonly place: Place;
  readonly key: Key;
  readonly document: Document;
  /** The document's size in bytes. */
  readonly bytes: number;
  readonly conversions: ReadonlySet<Conversion>;
  /** The raw record, kept in case the record is refused later. */
  readonly raw: Raw;
}

/** Receives what a read finds besides records: bytes, refused records, and lines without an end. */
export interface Findings {
  bytes: number;
  /** @param raw what the file has, if it could be read */
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
 * @param runId of the run that the file belongs to
 * @param findings is told what is refused; default nobody
 */
export function recordsIn(
  file: StateFile,
  runId: string,
  texts: readonly RawText[],
  findings: Findings = nobody,
): ReadyRecord[] {
  return texts.flatMap((text) => {
    const { line, offset, ended, length } = text;
    findings.bytes += length;
    if (line !== undefined && text.bytes?.every((byte) => byte <= 0x20)) return [];
    try {
      return recordsOf(file, unpack(file, runId, parse(text)), text, findings);
    } catch (error) {
      const refusal = refusalIn(error);
      if (line !== undefined && !ended) findings.leaveIncomplete({ file: file.name, line, offset });
      else findings.refuse(file.role, placeIn(file, text), refusal, { text });
      return [];
    }
  });
}

/** The records of the entries that a text holds, in the same way. */
export function recordsOf(
  file: StateFile,
  entries: readonly Entry[],
  text: RawText,
  findings: Findings = nobody,
): ReadyRecord[] {
  const { role } = file;
  return entries.flatMap((entry) => {
    const number = entry.entry;
    const isOnly = number === undefined;
    const place = isOnly ? placeIn(file, text) : { ...placeIn(file, text), entry: number };
    const raw: Raw = isOnly ? { text } : { text, entry: entry.fields };
    try {
      return [{ role, place, ...recordIn(role, entry), raw }];
    } catch (error) {
      findings.refuse(role, place, refusalIn(error), raw);
      return [];
    }
  });
}

function placeIn({ name: file }: StateFile, { line }: RawText): Place {
  return line === undefined ? { file } : { file, line };
}

function recordIn(
  role: CollectionRole,
  entry: Entry,
): Pick<ReadyRecord, "key" | "document" | "bytes" | "conversions"> {
  const { fields, conversions } = convert(role, entry);
  check(role, fields);
  const known: Document = Object.fromEntries(fields);
  const key = keyOf(role, known);
  const time = role === "logs" ? (known.timestamp as Date) : undefined;
  const _id: unknown = role === "runs" ? known._id : generateId(role, key, time);
  // `_id` and the other key fields come first, then the fields as the file has them.
  const keys = keyFields[role].map((field) => [field, known[field] as unknown] as const);
  const document: Document = { _id, ...Object.fromEntries(keys), ...known };
  return { key, document, bytes: sizeOf(document), conversions };
}

/**
 * The records in a JSON text: a run and a log line are one, approvals are a list, a manifest has
 * a list of outputs.
 *
 * @throws Refusal where the text has another form
 */
export function unpack({ role }: StateFile, runId: string, value: unknown): Entry[] {
  switch (role) {
    case "runs":
      return [{ fields: value, impliedFields: {} }];
    case "logs":
      return [{ fields: value, impliedFields: { runId } }];
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
 * The JSON value of a text.
 *
 * @throws Refusal if it is too long, empty, not UTF-8, no JSON, or holds a number that BSON
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
    if (error instanceof SyntaxError) {
      // The engine's own message quotes the text, which may hold a secret: only the place is kept.
      const [place] = /at position \d+/.exec(error.message) ?? [];
      throw new Refusal("not-json", place ? `not valid JSON ${place}` : "not valid JSON");
    }
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
