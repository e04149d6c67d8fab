import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import type { StateFile } from "./list";

/** One JSON text of a file: the whole file, or a line of a log. */
export interface RawText {
  /** Without byte order mark and line end; undefined where the text is too long to be read. */
  readonly bytes: Buffer | undefined;
  /** Where it begins in the file, in bytes. */
  readonly offset: number;
  /** How many bytes it takes there, its line end included. */
  readonly length: number;
  /** The line's number in a log, from 1. */
  readonly line?: number;
  /** False for the last line of a log that has no line end: its writer may be at work. */
  readonly ended: boolean;
}

/** A text of more bytes is refused: no JSON form of a document of 16 MiB should need them. */
const longestText = 64 * 1024 * 1024;

const chunkSize = 256 * 1024;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const byteOrderMark = Buffer.from([0xef, 0xbb, 0xbf]);

/** Reads a file's JSON texts in chunks, in order; a log of any size takes the same memory. */
export async function* readTexts(file: StateFile): AsyncGenerator<RawText[]> {
  if (file.role === "logs") yield* readLines(file.path);
  else yield [await readWhole(file.path)];
}

async function readWhole(path: string): Promise<RawText> {
  const { size } = await stat(path);
  if (size > longestText) return { bytes: undefined, offset: 0, length: size, ended: true };
  const bytes = await readFile(path);
  return { bytes: withoutMark(bytes), offset: 0, length: bytes.length, ended: true };
}

async function* readLines(path: string): AsyncGenerator<RawText[]> {
  const lines = new LineCutter();
  for await (const chunk of createReadStream(path, { highWaterMark: chunkSize })) {
    yield lines.cut(chunk as Buffer);
  }
  yield lines.rest();
}

/** Cuts a log's chunks into lines; what has not ended yet waits for the next chunk. */
class LineCutter {
  private pieces: Buffer[] = [];
  private length = 0;
  private offset = 0;
  private line = 1;

  cut(chunk: Buffer): RawText[] {
    const found: RawText[] = [];
    let from = 0;
    for (let end = chunk.indexOf(lineFeed); end >= 0; end = chunk.indexOf(lineFeed, from)) {
      this.add(chunk.subarray(from, end + 1));
      found.push(this.take(true));
      from = end + 1;
    }
    this.add(chunk.subarray(from));
    return found;
  }

  rest(): RawText[] {
    return this.length > 0 ? [this.take(false)] : [];
  }

  private add(piece: Buffer): void {
    this.length += piece.length;
    if (this.length > longestText) this.pieces = [];
    else this.pieces.push(piece);
  }

  private take(ended: boolean): RawText {
    const { pieces, length, offset, line } = this;
    const [first] = pieces;
    const bytes = pieces.length === 1 ? first : Buffer.concat(pieces);
    const cut = bytes && withoutEnd(offset === 0 ? withoutMark(bytes) : bytes);
    this.pieces = [];
    this.length = 0;
    this.offset += length;
    this.line += 1;
    return { bytes: length > longestText ? undefined : cut, offset, length, line, ended };
  }
}

function withoutMark(bytes: Buffer): Buffer {
  const marked = bytes.subarray(0, byteOrderMark.length).equals(byteOrderMark);
  return marked ? bytes.subarray(byteOrderMark.length) : bytes;
}

function withoutEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== lineFeed) return bytes;
  return bytes.subarray(0, bytes.at(-2) === carriageReturn ? -2 : -1);
}
