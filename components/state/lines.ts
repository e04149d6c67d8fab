import { isUtf8 } from "node:buffer";
import type { Hash } from "node:crypto";

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
  /** The text itself, where the bytes are known to be valid UTF-8. */
  readonly decoded?: string | undefined;
}

/** A record as its file has it: a text or, in a list, an entry of it. */
export interface Raw {
  readonly text: RawText;
  readonly entry?: unknown;
}

const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/** Where to go on in a log, with the sha256 of what lies before. */
export interface ReadStart {
  readonly offset: number;
  readonly lines: number;
  readonly hash: Hash;
}

/** Cuts a log's chunks into lines; what has not ended yet waits for the next chunk. */
export class LineCutter {
  /** The pieces of the line that has not ended yet; none where it is too long to be kept. */
  private pieces: Buffer[] = [];
  private length = 0;
  /** Where the line begins that has not ended yet, in bytes. */
  offset: number;
  /** How many lines have ended. */
  lines: number;
  /** The hash of all lines that have ended. */
  readonly hash: Hash;

  constructor(
    start: ReadStart,
    private readonly longest: number,
  ) {
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

  /** The last line, where it has no end. */
  rest(): RawText[] {
    return this.length > 0 ? [this.take(false)] : [];
  }

  /** Whole lines, which are looked at for UTF-8 in one go. */
  private cutWhole(bytes: Buffer, texts: RawText[]): void {
    const utf8 = isUtf8(bytes);
    let from = 0;
    while (from < bytes.length) {
      const end = bytes.indexOf(lineFeed, from);
      this.lines += 1;
      const to = bytes[end - 1] === carriageReturn ? end - 1 : end;
      texts.push(new WholeLine(bytes, from, to, this.offset, end + 1 - from, this.lines, utf8));
      this.offset += end + 1 - from;
      from = end + 1;
    }
    this.hash.update(bytes);
  }

  private keep(piece: Buffer): void {
    if (piece.length === 0) return;
    this.length += piece.length;
    if (this.length > this.longest) this.pieces = [];
    else this.pieces.push(piece);
  }

  private take(ended: boolean): RawText {
    const { pieces, length, offset } = this;
    const bytes = length > this.longest ? undefined : Buffer.concat(pieces);
    this.pieces = [];
    this.length = 0;
    const line = this.lines + 1;
    if (ended) {
      this.lines = line;
      this.offset += length;
      if (bytes) this.hash.update(bytes);
    }
    return { bytes: bytes && withoutEnd(bytes), offset, length, line, ended };
  }
}

/** A line within a chunk, which is cut out and decoded where somebody asks for it. */
class WholeLine implements RawText {
  readonly ended = true;

  constructor(
    private readonly chunk: Buffer,
    private readonly from: number,
    private readonly to: number,
    readonly offset: number,
    readonly length: number,
    readonly line: number,
    private readonly utf8: boolean,
  ) {}

  get bytes(): Buffer {
    return this.chunk.subarray(this.from, this.to);
  }

  get decoded(): string | undefined {
    return this.utf8 ? this.chunk.toString("utf8", this.from, this.to) : undefined;
  }
}

function withoutEnd(bytes: Buffer): Buffer {
  if (bytes.at(-1) !== lineFeed) return bytes;
  return bytes.subarray(0, bytes.at(-2) === carriageReturn ? -2 : -1);
}
