import { open } from "node:fs/promises";
import { type LogEntry, entriesIn } from "./log-entries";
import type { FilePlace } from "../../state";

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
