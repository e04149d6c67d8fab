import { open } from "node:fs/promises";
import { Refusal } from "../errors";
import { parse } from "../stages/parse";
import { memberOf } from "../stages/unpack";
import { isJsonObject } from "../values/object";
import { sequenceOf } from "./log-entries";

/** So much of a log's end is looked at for its last line. */
const endBytes = 64 * 1024;

/**
 * The sequence of a log's last line, without reading the rest; undefined where the line has none,
 * has no end, or is longer than what is looked at: then the log has to be read.
 */
export async function lastSequence(path: string): Promise<bigint | undefined> {
  const end = await endOf(path);
  if (end.at(-1) !== 0x0a) return undefined;
  const from = end.lastIndexOf(0x0a, -2);
  if (from < 0) return undefined;
  const bytes = end.subarray(from + 1, -1);
  const text = { bytes, offset: 0, length: bytes.length, ended: true };
  try {
    const value = parse(text);
    const sequence = isJsonObject(value) ? memberOf(value, "sequence") : undefined;
    return sequenceOf({ sequence });
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
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
