import type { Document } from "mongodb";
import { close, constants, fstat, open, read } from "node:fs";
import { promisify } from "node:util";
import {
  type FileFacts,
  type FilePlace,
  type RawText,
  type StateAddress,
  type StateFile,
  findRunId,
  isNumbered,
  readTexts,
  recordsIn,
} from "../../state";
import type { ExportSides } from "./run";

/** A run's log on both sides. */
export interface BothLogs {
  readonly runId: string;
  readonly place: FilePlace;
  readonly sides: ExportSides;
}

/** An entry of a log on disk or in MongoDB. */
export interface LogEntry {
  readonly sequence: bigint;
  readonly document: Document;
}

/** What is known of a log on disk after it was read once. */
export interface LogScan {
  readonly facts: FileFacts;
  /** The entry with the greatest sequence; undefined if the log has no entry. */
  readonly last: LogEntry | undefined;
  /** How many lines there are, broken and empty ones counted. */
  readonly lines: number;
  /** Whether the last line has its end. */
  readonly ended: boolean;
}

/** Reads a log once for what its comparison needs. */
export async function scanLog(address: StateAddress, place: FilePlace): Promise<LogScan> {
  const { stem } = place;
  const runId = (await findRunId(address, stem)) ?? stem;
  const facts = { runId, numbered: await isNumbered(place) };
  let [last, lines, ended]: [LogEntry | undefined, number, boolean] = [undefined, 0, true];
  for await (const texts of readTexts(place)) {
    lines += texts.length;
    ended = texts.at(-1)?.ended ?? ended;
    for (const entry of entriesIn(place, facts, texts)) {
      if (last === undefined || entry.sequence > last.sequence) last = entry;
    }
  }
  return { facts, last, lines, ended };
}

/** The sequence of an entry, whatever number it is; undefined if it is not an integer. */
export function sequenceOf({ sequence }: Document): bigint | undefined {
  const text = String(sequence);
  return /^-?\d+$/.test(text) ? BigInt(text) : undefined;
}

/** An entry as reports name it. */
export function entryId({ runId, sequence }: Document): string {
  return `${String(runId)}:${String(sequence)}`;
}

/** The entries in some lines; one that no import would take stays as it is, and nobody has to be told of it. */
export function entriesIn(
  place: StateFile,
  facts: FileFacts,
  texts: readonly RawText[],
): LogEntry[] {
  return recordsIn(place, facts, texts).flatMap(({ document }) => {
    const sequence = sequenceOf(document);
    return sequence === undefined ? [] : [{ sequence, document }];
  });
}

const endBytes = 64 * 1024;

/**
 * The entry in a log's last line, without reading the rest; undefined if there is no such file, or the
 * line has no entry or no sequence, has no end, or is longer than what is looked at: then the log has
 * to be read.
 */
export async function lastEntry(file: StateFile, runId: string): Promise<LogEntry | undefined> {
  const { end, isWhole } = await endOf(file.path);
  const from = end.lastIndexOf(lineFeed, -2) + 1;
  if (end.at(-1) !== lineFeed || (from === 0 && !isWhole)) return undefined;
  const bytes = end.subarray(from, -1);
  const text = { bytes, offset: 0, length: bytes.length, ended: true };
  // If no line has a sequence, this one would need its line's number.
  const facts = { runId, numbered: true };
  return entriesIn(file, facts, [text])[0];
}

const lineFeed = 0x0a;

/** Neither what a link leads to nor a pipe, for which opening would wait. */
const onlyFiles = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** Without a `FileHandle` for each log, which costs three times as much. */
const openFile = promisify(open);
const lookAtFile = promisify(fstat);
const readFrom = promisify(read);
const closeFile = promisify(close);

async function endOf(path: string): Promise<{ end: Buffer; isWhole: boolean }> {
  const nothing = { end: Buffer.alloc(0), isWhole: true };
  const file = await openFile(path, onlyFiles).catch(() => undefined);
  if (file === undefined) return nothing;
  try {
    const stats = await lookAtFile(file);
    if (!stats.isFile()) return nothing;
    const length = Math.min(stats.size, endBytes);
    const from = stats.size - length;
    const { buffer, bytesRead } = await readFrom(file, Buffer.allocUnsafe(length), 0, length, from);
    return { end: buffer.subarray(0, bytesRead), isWhole: from === 0 };
  } finally {
    await closeFile(file);
  }
}
