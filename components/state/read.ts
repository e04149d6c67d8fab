import { isUtf8 } from "node:buffer";
import { type Hash, createHash } from "node:crypto";
import { createReadStream, readFile, statSync } from "node:fs";
import { stat } from "node:fs/promises";
import type { Store } from "../contract";
import { look } from "./file-stat";

/** The properties of a file that its reading depends on. */
interface FileToRead {
  readonly role: Store;
  readonly path: string;
}

/** One JSON text of a file: the whole file, or a line of a log. */
export interface RawText {
  /** Without byte order mark and line end; undefined if the text is too long to be read. */
  readonly bytes: Buffer | undefined;
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** Its length in the file in bytes, including its line end. */
  readonly length: number;
  /** The line's number in a log, from 1. */
  readonly line?: number | undefined;
  /** False for the last line of a log if it has no line end, because its writer may still be at work. */
  readonly ended: boolean;
}

/** A text as an instance of a class: see `ReadyRecord`. */
class TextInFile implements RawText {
  constructor(
    readonly bytes: Buffer | undefined,
    readonly offset: number,
    readonly length: number,
    readonly ended: boolean,
    readonly line?: number,
  ) {}
}

/** A record as it is in its file: a text or, if the text is a list, an entry of it. */
export interface Raw {
  readonly text: RawText;
  readonly entry?: unknown;
}

/** Where to continue reading a log, with the sha256 of everything before it. */
export interface ReadStart {
  readonly offset: number;
  readonly lines: number;
  readonly hash: Hash;
}

/** The position up to which a file was read, always the end of a line. */
export interface ReadPosition {
  /** In bytes. */
  readonly offset: number;
  /** The number of lines before it. */
  readonly lines: number;
  /** The sha256 of everything before it, in hexadecimal. */
  readonly hash: string;
}

/** Consecutive texts of a file, and the position at their end. */
export interface Chunk {
  readonly texts: readonly RawText[];
  readonly end: ReadPosition;
  /** Whether the file ends there. */
  readonly last: boolean;
}

/** Maximum size of a text: the JSON text of a document of 16 MiB should not need more bytes. */
const maxTextBytes = 64 * 1024 * 1024;

const chunkSize = 64 * 1024;

const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** A larger file is read in parts, so that memory stays flat. */
const smallFile = 256 * 1024;

/**
 * The callback form opens no `FileHandle`, which for each of a run's four files would cost a verification a sixth of
 * its CPU.
 */
function readWhole(path: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    readFile(path, (error, bytes) => {
      if (error) reject(error);
      else resolve(bytes);
    });
  });
}

/** Reads the bytes of a small file; undefined for a file that is read in parts. @param size in bytes */
export async function readSmall(path: string, size: number): Promise<Buffer | undefined> {
  return size <= smallFile ? readWhole(path) : undefined;
}

/** Reads a file's JSON texts in chunks, in order; a log of any size takes the same memory. */
export async function* readTexts(file: FileToRead): AsyncGenerator<readonly RawText[]> {
  const { path } = file;
  const { size } = await look(
    () => statSync(path),
    () => stat(path),
  );
  for await (const { texts } of readChunks(file, beginning(), await readSmall(path, size))) {
    yield texts;
  }
}

/**
 * Reads like `readTexts`, but with the position at the end of each chunk, and from `start` on in a log.
 *
 * @param bytes the whole file, if it was read before
 */
export async function* readChunks(
  { role, path }: FileToRead,
  start = beginning(),
  bytes?: Buffer,
): AsyncGenerator<Chunk> {
  if (role === "logs") {
    const cutter = new LineCutter(start);
    const pieces = bytes ? [bytes.subarray(start.offset)] : bytesOf(path, start);
    for await (const piece of pieces) yield chunkOf(cutter.cut(piece), cutter, false);
    yield chunkOf(cutter.rest(), cutter, true);
    return;
  }
  const size = bytes?.length ?? (await stat(path)).size;
  const whole = size > maxTextBytes ? undefined : (bytes ?? (await readWhole(path)));
  const { length } = whole ?? { length: size };
  const text = new TextInFile(whole && withoutMark(whole), 0, length, true);
  const hash = whole ? createHash("sha256").update(whole).digest("hex") : "";
  yield { texts: [text], end: { offset: length, lines: 0, hash }, last: true };
}

/** The position at the start of a file. */
export function beginning(): ReadStart {
  return { offset: 0, lines: 0, hash: createHash("sha256") };
}

function bytesOf(path: string, { offset }: Pick<ReadStart, "offset">): AsyncIterable<Buffer> {
  return createReadStream(path, { start: offset, highWaterMark: chunkSize });
}

/** The hash of a file's first `length` bytes, ready for more updates; undefined if the file is shorter. */
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

/** The position includes only ended lines: the next import reads an unended one again. */
function chunkOf(texts: RawText[], cutter: LineCutter, last: boolean): Chunk {
  const [first] = texts;
  if (first?.offset === 0 && first.bytes && isMarked(first.bytes)) {
    const { offset, length, line = 1, ended } = first;
    texts[0] = new TextInFile(withoutMark(first.bytes), offset, length, ended, line);
  }
  const { offset, lines, hash } = cutter;
  return { texts, end: { offset, lines, hash: hash.copy().digest("hex") }, last };
}

/** Decodes a text; undefined if it is too long or not valid UTF-8. */
export function decode({ bytes }: RawText): string | undefined {
  return bytes && isUtf8(bytes) ? bytes.toString("utf8") : undefined;
}

function withoutMark(bytes: Buffer): Buffer {
  return isMarked(bytes) ? bytes.subarray(byteOrderMark.length) : bytes;
}

function isMarked(bytes: Buffer): boolean {
  return bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark);
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Cuts a log's chunks into lines; a line that has not ended yet waits for the next chunk. */
class LineCutter {
  /** The pieces of the line that has not ended yet; none if it is too long to be kept. */
  private pieces: Buffer[] = [];
  private length = 0;
  /** The offset, in bytes, of the line that has not ended yet. */
  offset: number;
  /** The number of lines that have ended. */
  lines: number;
  /** The hash of all lines that have ended. */
  readonly hash: Hash;

  constructor(start: ReadStart) {
    this.offset = start.offset;
    this.lines = start.lines;
    this.hash = start.hash;
  }

  /** The lines that end in a chunk. */
  cut(chunk: Buffer): RawText[] {
    const last = chunk.lastIndexOf(lineFeed);
    if (last < 0) {
      this.keep(chunk);
      return [];
    }
    const texts: RawText[] = [];
    let from = 0;
    if (this.length > 0) {
      from = chunk.indexOf(lineFeed) + 1;
      this.keep(chunk.subarray(0, from));
      texts.push(this.take(true));
    }
    if (from <= last) this.cutWhole(chunk.subarray(from, last + 1), texts);
    this.keep(chunk.subarray(last + 1));
    return texts;
  }

  /** The last line, if it has no end. */
  rest(): RawText[] {
    return this.length > 0 ? [this.take(false)] : [];
  }

  private cutWhole(bytes: Buffer, texts: RawText[]): void {
    let from = 0;
    while (from < bytes.length) {
      const end = bytes.indexOf(lineFeed, from);
      this.lines += 1;
      const to = bytes[end - 1] === carriageReturn ? end - 1 : end;
      const length = end + 1 - from;
      texts.push(new TextInFile(bytes.subarray(from, to), this.offset, length, true, this.lines));
      this.offset += length;
      from = end + 1;
    }
    this.hash.update(bytes);
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.length += piece.length;
    if (this.length > maxTextBytes) this.pieces = [];
    else this.pieces.push(piece);
  }

  private take(ended: boolean): RawText {
    const { pieces, length, offset } = this;
    const bytes = length > maxTextBytes ? undefined : Buffer.concat(pieces);
    this.pieces = [];
    this.length = 0;
    const line = this.lines + 1;
    if (ended) {
      this.lines = line;
      this.offset += length;
      if (bytes) this.hash.update(bytes);
    }
    if (bytes?.at(-1) !== lineFeed) return new TextInFile(bytes, offset, length, ended, line);
    const withoutEnd = bytes.subarray(0, bytes.at(-2) === carriageReturn ? -2 : -1);
    return new TextInFile(withoutEnd, offset, length, ended, line);
  }
}
