import { hash } from "node:crypto";
import { appendFileSync, readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Key, WriteError } from "../state";

/** A part for each value of a hash's first byte: of ten million keys it has forty thousand. */
export const partNumbers = Array.from({ length: 256 }, (_, at) => at);

/** So many characters of a part wait in memory for its file. */
const fullText = 4 * 1024;

/**
 * Does work with a new folder for keys below the system's temporary one; the folder goes with it.
 *
 * @throws WriteError where there can be none
 */
export async function inKeyFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), "keys-")).catch((error: unknown) => {
    throw notKept(tmpdir(), error);
  });
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Keys of any number in the same memory (issue #5): in files, parted by hash.
 */
export class KeyParts {
  private readonly waiting = partNumbers.map(() => "");

  /** @param path what the files' names begin with, in a folder that is there */
  constructor(private readonly path: string) {}

  /**
   * @param kept what is kept of it, to be had again as JSON text; by default only the key
   * @throws WriteError where its file cannot be written
   */
  add(key: Key, kept: string | object = key): void {
    const part = hash("sha256", key, "buffer").readUInt8();
    const text = `${this.waiting[part] ?? ""}${JSON.stringify(kept)}\n`;
    this.waiting[part] = text.length < fullText ? text : "";
    if (text.length >= fullText) this.append(part, text);
  }

  /** What is kept of a part's keys, each as JSON text, in the order in which they were added. */
  textsIn(part: number): string[] {
    return `${this.write(part)}${this.waiting[part] ?? ""}`.split("\n").slice(0, -1);
  }

  private append(part: number, text: string): void {
    try {
      appendFileSync(this.file(part), text);
    } catch (error) {
      throw notKept(this.file(part), error);
    }
  }

  private write(part: number): string {
    try {
      return readFileSync(this.file(part), "utf8");
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
      throw notKept(this.file(part), error);
    }
  }

  private file(part: number): string {
    return `${this.path}-${part}`;
  }
}

/** @param path in the system's temporary folder */
function notKept(path: string, cause: unknown): WriteError {
  const advice =
    "Nothing was changed. Free space there, or set TMPDIR to another directory, and run it again.";
  return new WriteError(`Writing the keys to compare to ${path}`, cause, advice);
}
