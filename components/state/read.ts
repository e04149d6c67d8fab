import { isUtf8 } from "node:buffer";
import { type Hash, createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { StateFile } from "./address";
import { LineCutter, type RawText, type ReadStart } from "./lines";

/** How far a file was read: always to the end of a line. */
export interface ReadPosition {
  /** In bytes. */
  readonly offset: number;
  /** How many lines lie before it. */
  readonly lines: number;
  /** The sha256 of everything before it, in hexadecimal. */
  readonly hash: string;
}

/** Some texts of a file that follow each other, and how far they lead. */
export interface Chunk {
  readonly texts: readonly RawText[];
  readonly end: ReadPosition;
  /** Whether that is the file's end. */
  readonly last: boolean;
}

/** A text of more bytes is refused: no JSON form of a document of 16 MiB should need them. */
const longestText = 64 * 1024 * 1024;

const chunkSize = 64 * 1024;

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Reads a file's JSON texts in chunks, in order; a log of any size takes the same memory. */
export async function* readTexts(file: StateFile): AsyncGenerator<readonly RawText[]> {
  for await (const { texts } of readChunks(file)) yield texts;
}

/**
 * The same with the position that each chunk leads to, from `start` on in a log.
 *
 * @param bytes the whole file, if it was read before
 */
export async function* readChunks(
  file: StateFile,
  start = beginning(),
  bytes?: Buffer,
): AsyncGenerator<Chunk> {
  if (file.role !== "logs") yield bytes ? wholeOf(bytes) : await readWhole(file.path);
  else yield* linesIn(bytes ? [bytes.subarray(start.offset)] : bytesOf(file.path, start), start);
}

/** The start of a file. */
export function beginning(): ReadStart {
  return { offset: 0, lines: 0, hash: createHash("sha256") };
}

/** A file's bytes from a place on, as they come. */
function bytesOf(path: string, { offset }: Pick<ReadStart, "offset">): AsyncIterable<Buffer> {
  return createReadStream(path, { start: offset, highWaterMark: chunkSize });
}

/** The hash of a file's first bytes, to be continued; undefined where it has fewer. */
export async function hashOfFirst(path: string, length: number): Promise<Hash | undefined> {
  const hash = createHash("sha256");
  let left = length;
  for await (const bytes of bytesOf(path, { offset: 0 })) {
    hash.update(bytes.subarray(0, left));
    left -= Math.min(left, bytes.length);
    if (left === 0) break;
  }
  return left === 0 ? hash : undefined;
}

async function readWhole(path: string): Promise<Chunk> {
  const { size } = await stat(path);
  if (size > longestText) {
    const text = { bytes: undefined, offset: 0, length: size, ended: true };
    return { texts: [text], end: { offset: size, lines: 0, hash: "" }, last: true };
  }
  return wholeOf(await readFile(path));
}

function wholeOf(bytes: Buffer): Chunk {
  const { length } = bytes;
  const text = { bytes: withoutMark(bytes), offset: 0, length, ended: true };
  const hash = createHash("sha256").update(bytes).digest("hex");
  return { texts: [text], end: { offset: length, lines: 0, hash }, last: true };
}

/** A log's lines; what has no end comes last. */
async function* linesIn(
  pieces: AsyncIterable<Buffer> | Iterable<Buffer>,
  start: ReadStart,
): AsyncGenerator<Chunk> {
  const cutter = new LineCutter(start, longestText);
  for await (const bytes of pieces) yield chunkOf(cutter.cut(bytes), cutter, false);
  yield chunkOf(cutter.rest(), cutter, true);
}

/** Only ended lines count into the position: an unended one is read again by the next run. */
function chunkOf(texts: RawText[], { offset, lines, hash }: LineCutter, last: boolean): Chunk {
  const [first] = texts;
  if (first?.offset === 0 && isMarked(first.bytes)) texts[0] = withoutMarkIn(first);
  return { texts, end: { offset, lines, hash: hash.copy().digest("hex") }, last };
}

/** The text itself; undefined where it is too long or no valid UTF-8. */
export function decode({ bytes, decoded }: RawText): string | undefined {
  return decoded ?? (bytes && isUtf8(bytes) ? bytes.toString("utf8") : undefined);
}

function withoutMarkIn({ bytes, offset, length, line = 1, ended }: RawText): RawText {
  return { bytes: bytes && withoutMark(bytes), offset, length, line, ended };
}

function withoutMark(bytes: Buffer): Buffer {
  return isMarked(bytes) ? bytes.subarray(byteOrderMark.length) : bytes;
}

function isMarked(bytes: Buffer | undefined): boolean {
  return bytes?.subarray(0, byteOrderMark.length).equals(byteOrderMark) === true;
}
