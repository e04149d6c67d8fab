import type { ExportSides } from "./run";
import { type Document, Double, Int32, Long } from "mongodb";
import { open } from "node:fs/promises";
import {
  type FileFacts,
  type FilePlace,
  type RawText,
  Refusal,
  type StateAddress,
  factsOf,
  parse,
  readTexts,
  unpack,
} from "../../state";
import { existingRecord } from "./file";

/** An entry of a log on disk or in MongoDB. */
export interface LogEntry {
  readonly sequence: bigint;
  readonly document: Document;
}

/** What is known of a log on disk after it was read once. */
export interface LogScan {
  readonly facts: FileFacts;
  /** The greatest sequence; undefined where the log has no entry. */
  readonly last: bigint | undefined;
  /** How many lines there are, broken and empty ones counted. */
  readonly lines: number;
  /** Whether the last line has its end. */
  readonly ended: boolean;
  /** Entries that come after one of a greater sequence; a log has hardly any. */
  readonly stragglers: ReadonlyMap<bigint, Document>;
}

/** Reads a log once for what its comparison needs. */
export async function scanLog(address: StateAddress, place: FilePlace): Promise<LogScan> {
  const facts = await factsOf({ ...address, folders: [] }, place);
  const stragglers = new Map<bigint, Document>();
  let [last, lines, ended]: [bigint | undefined, number, boolean] = [undefined, 0, true];
  for await (const texts of readTexts(place)) {
    for (const text of texts) {
      [lines, ended] = [lines + 1, text.ended];
      for (const { sequence, document } of entriesIn(place, facts, text)) {
        if (last === undefined || sequence > last) last = sequence;
        else if (sequence < last && !stragglers.has(sequence)) stragglers.set(sequence, document);
      }
    }
  }
  return { facts, last, lines, ended, stragglers };
}

/** A log's entries in ascending order, those that come out of order left out. */
export async function* ascendingEntries(
  place: FilePlace,
  { facts }: LogScan,
): AsyncGenerator<LogEntry> {
  let last: bigint | undefined;
  for await (const texts of readTexts(place)) {
    for (const text of texts) {
      for (const entry of entriesIn(place, facts, text)) {
        if (last !== undefined && entry.sequence <= last) continue;
        last = entry.sequence;
        yield entry;
      }
    }
  }
}

/** The sequence of an entry; undefined where it is no integer. */
export function sequenceOf({ sequence }: Document): bigint | undefined {
  if (sequence instanceof Long) return sequence.toBigInt();
  const number: unknown =
    sequence instanceof Int32 || sequence instanceof Double ? sequence.value : sequence;
  return Number.isSafeInteger(number) ? BigInt(number as number) : undefined;
}

/** The entry in a line; none where no import would take it: it stays as it is. */
export function entriesIn(place: FilePlace, facts: FileFacts, text: RawText): LogEntry[] {
  let entries;
  try {
    entries = unpack(place, facts, parse(text), text.line);
  } catch (error) {
    if (error instanceof Refusal) return [];
    throw error;
  }
  return entries.flatMap((entry) => {
    const document = existingRecord("logs", entry).side?.document;
    const sequence = document && sequenceOf(document);
    return document && sequence !== undefined ? [{ sequence, document }] : [];
  });
}

/** So much of a log's end is looked at for its last line. */
const endBytes = 64 * 1024;

/**
 * The entry in a log's last line, without reading the rest; undefined where the line has no entry
 * or no sequence, has no end, or is longer than what is looked at: then the log has to be read.
 */
export async function lastEntry(place: FilePlace, runId: string): Promise<LogEntry | undefined> {
  const end = await endOf(place.path);
  if (end.at(-1) !== 0x0a) return undefined;
  const from = end.lastIndexOf(0x0a, -2);
  if (from < 0) return undefined;
  const bytes = end.subarray(from + 1, -1);
  const text = { bytes, offset: 0, length: bytes.length, ended: true };
  // Where no line has a sequence, this one would need its line's number.
  return entriesIn(place, { runId, numbered: true }, text)[0];
}

async function endOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    const length = Math.min(size, endBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

/** A run's log on both sides. */
export interface BothLogs {
  readonly runId: string;
  readonly place: FilePlace;
  readonly sides: ExportSides;
}
