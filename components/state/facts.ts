import { fileOf } from "./list";
import { access } from "node:fs/promises";
import type { StateAddress, StateFile } from "./address";
import { toHeldAddress } from "./held";
import type { RawText } from "./lines";
import { readTexts } from "./read";
import { objectIn } from "./records";
import { type FileFacts, memberOf } from "./unpack";

/**
 * What is known of a file before its records are read.
 *
 * @param first its first texts, where they are read already: most logs say it in their first line
 * @param known the run's id by an earlier import
 */
export async function factsOf(
  address: StateAddress,
  file: StateFile,
  first: readonly RawText[] = [],
  known?: string,
): Promise<FileFacts> {
  const isNumbered = file.role !== "logs" || firstValue(first, "sequence") !== undefined;
  return {
    runId: await runIdOf(address, file.stem, known),
    numbered: isNumbered || (await hasSequences(file)),
  };
}

/**
 * The run's id behind a file's name. Where a character of the id could not be in the name it is
 * `_` there, so the id inside the run file of the same name counts, if it fits; also
 * where that file is held.
 *
 * @param otherwise the id where no run file says it; default the name itself
 */
export async function runIdOf(
  address: StateAddress,
  stem: string,
  otherwise = stem,
): Promise<string> {
  if (!stem.includes("_")) return stem;
  for (const place of [address, toHeldAddress(address)]) {
    const file = fileOf(place, "runs", stem);
    if (!(await isThere(file.path))) continue;
    const id = await firstMember(file, "runId");
    if (typeof id === "string" && fits(id, stem)) return id;
  }
  return otherwise;
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function fits(id: string, stem: string): boolean {
  if (id.length !== stem.length) return false;
  for (let at = 0; at < stem.length; at += 1) {
    if (stem[at] !== "_" && stem[at] !== id[at]) return false;
  }
  return true;
}

/** Whether any line of a log has a sequence. */
async function hasSequences(log: StateFile): Promise<boolean> {
  return (await firstMember(log, "sequence")) !== undefined;
}

/** The first value of a member in a file's texts; undefined if none has it, or none can be parsed. */
export async function firstMember(file: StateFile, name: string): Promise<unknown> {
  for await (const texts of readTexts(file)) {
    const found = firstValue(texts, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

function firstValue(texts: readonly RawText[], name: string): unknown {
  for (const text of texts) {
    const object = objectIn(text);
    const found = object && memberOf(object, name);
    if (found != null) return found;
  }
  return undefined;
}
