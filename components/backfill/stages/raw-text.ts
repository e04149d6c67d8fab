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
