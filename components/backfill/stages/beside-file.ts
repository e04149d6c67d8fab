import { open } from "node:fs/promises";
import { Refusal } from "../errors";
import { fileStems } from "../file-stems";
import { isJsonObject } from "../values/object";
import type { StateFile } from "../state-folder";
import { parse } from "./parse";
import { readTexts } from "./read";
import { memberOf } from "./unpack";

/** What the name of such a file has before its extension. */
const mark = ".mongo";

/** How an export begins a list of log entries, as no other writer sets out a list. */
const beginOfEntries = "[\n{";

/**
 * Whether a file is MongoDB's side of a conflict, which an export put beside the file for a person
 * to read. The name alone does not say it: a run's id may end in `.mongo` too.
 */
export async function isBesideFile({ path, stem }: StateFile): Promise<boolean> {
  return stem.endsWith(mark) && isSideOf(path, stem.slice(0, -mark.length));
}

/**
 * Whether a file holds MongoDB's side of the file of a name without its extension: every record
 * inside names that run, or it is a list of log entries as an export writes it. One that is not
 * there or cannot be read is none.
 */
export async function isSideOf(path: string, stem: string): Promise<boolean> {
  try {
    if ((await beginOf(path, beginOfEntries.length)) === beginOfEntries) return true;
    const ids = await runIdsIn(path);
    return ids.length > 0 && ids.every((id) => isNamed(id, stem));
  } catch (error) {
    if (error instanceof Refusal || (error instanceof Error && "syscall" in error)) return false;
    throw error;
  }
}

function isNamed(runId: unknown, stem: string): boolean {
  return typeof runId === "string" && fileStems(runId).includes(stem);
}

async function beginOf(path: string, length: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What the records of a file say whose they are; none where it is empty. */
async function runIdsIn(path: string): Promise<unknown[]> {
  for await (const [text] of readTexts({ role: "runs", path, name: "", stem: "" })) {
    const value = text && parse(text);
    const records: readonly unknown[] = Array.isArray(value) ? value : [value];
    return records.map((record) => (isJsonObject(record) ? memberOf(record, "runId") : undefined));
  }
  return [];
}
