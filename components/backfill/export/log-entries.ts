import { type Document, Double, Int32, Long } from "mongodb";
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
import { existingRecord } from "./existing";

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
