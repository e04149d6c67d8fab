import { Refusal } from "../errors";
import { parse } from "../stages/parse";
import { stateFiles } from "../stages/list";
import { readTexts } from "../stages/read";
import { memberOf } from "../stages/unpack";
import type { StateFolder, StateFile } from "../state-folder";
import { isJsonObject, type JsonObject } from "../values/object";

/** A run's file with the id inside. */
export interface RunFile {
  readonly runId: string;
  readonly file: StateFile;
}

/** A step that is done with, by name or by its integer in the services' enumeration (assumed). */
const finalStatuses: ReadonlySet<unknown> = new Set(["succeeded", "failed", "skipped", 2, 3, 4]);

/**
 * Whether a run may still execute steps. Its status is not stored, it follows from the steps: a
 * run is finished where every enabled step is. A run that says nothing of its steps counts as
 * unfinished.
 */
export function isUnfinished(run: JsonObject): boolean {
  const steps = memberOf(run, "steps");
  if (!Array.isArray(steps) || steps.length === 0) return true;
  return steps.some((step) => !isJsonObject(step) || (isEnabled(step) && !isFinal(step)));
}

function isEnabled(step: JsonObject): boolean {
  return memberOf(step, "enabled") !== false;
}

function isFinal(step: JsonObject): boolean {
  const status = memberOf(step, "status");
  return finalStatuses.has(typeof status === "string" ? status.toLowerCase() : status);
}

/** The runs on disk that may still execute steps; a file that cannot be read executes none. */
export async function* unfinishedRuns(folder: StateFolder): AsyncGenerator<RunFile> {
  const folders = folder.folders.filter(({ role }) => role === "runs");
  const skipped = { hidden: 0, temporary: 0, links: 0 };
  for await (const file of stateFiles({ ...folder, folders }, skipped)) {
    const run = await runIn(file);
    const runId = run && memberOf(run, "runId");
    if (run && typeof runId === "string" && isUnfinished(run)) yield { runId, file };
  }
}

/** The run in a file; undefined where the file holds none. */
export async function runIn(file: StateFile): Promise<JsonObject | undefined> {
  for await (const [text] of readTexts(file)) {
    try {
      const value = text && parse(text);
      return isJsonObject(value) ? value : undefined;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
  }
  return undefined;
}
