import { fileOf } from "./list";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { type StateFile, type StateFolder, fileStems } from "./address";
import { Refusal } from "./errors";
import { heldFolder } from "./held";
import { isJsonObject } from "./json/object";
import { type RawText } from "./lines";
import { readTexts } from "./read";
import { parse } from "./records";
import { type FileFacts, memberOf } from "./unpack";

/**
 * What is known of a file before its records are read.
 *
 * @param first its first texts, where they are read already: most logs say it in their first line
 * @param known the run's id by an earlier import
 */
export async function factsOf(
  folder: StateFolder,
  file: StateFile,
  first: readonly RawText[] = [],
  known?: string,
): Promise<FileFacts> {
  const isNumbered = file.role !== "logs" || firstValue(first, "sequence") !== undefined;
  return {
    runId: await runIdOf(folder, file.stem, known),
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
  { root, layout }: StateFolder,
  stem: string,
  otherwise = stem,
): Promise<string> {
  if (!stem.includes("_")) return stem;
  for (const folder of [root, join(root, heldFolder)]) {
    const path = join(folder, layout.runs, `${stem}.json`);
    if (!(await isThere(path))) continue;
    const id = await firstMember({ role: "runs", path, name: "", stem }, "runId");
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
    const value = parsed(text);
    const found = isJsonObject(value) ? memberOf(value, name) : undefined;
    if (found != null) return found;
  }
  return undefined;
}

/** A text that cannot be parsed says nothing here; it is refused where its record is read. */
function parsed(text: RawText): unknown {
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof Refusal) return undefined;
    throw error;
  }
}

/** Two logs whose file names fit one run: `other` is the one that an export would write to. */
export interface SharedLog {
  readonly runId: string;
  readonly file: string;
  readonly other: string;
}

/**
 * The logs that are there for one run: more than one where names are written in two systems' ways
 * (a name is lossy). The first one is the one that an export would write to.
 */
export async function logsOfRun(folder: StateFolder, runId: string): Promise<StateFile[]> {
  const logs: StateFile[] = [];
  for (const stem of fileStems(runId)) {
    const log = fileOf(folder, "logs", stem);
    if ((await isThere(log.path)) && (await runIdOf(folder, stem)) === runId) logs.push(log);
  }
  return logs;
}

/** What there is to report where another log comes before this one for the same run. */
export async function sharedLog(
  folder: StateFolder,
  { role, name }: StateFile,
  runId: string,
): Promise<SharedLog | undefined> {
  if (role !== "logs" || fileStems(runId).length === 1) return undefined;
  const [first] = await logsOfRun(folder, runId);
  if (first === undefined || first.name === name) return undefined;
  return { runId, file: name, other: first.name };
}
