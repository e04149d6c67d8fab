import { access } from "node:fs/promises";
import { join } from "node:path";
import { runIdOf } from "./file-facts";
import { fileStems } from "./file-stems";
import { stateFile } from "./stages/list";
import type { StateFolder, StateFile } from "./state-folder";

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
    const log = logOf(folder, stem);
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

/** The log of a name without its extension. */
export function logOf({ root, layout }: StateFolder, stem: string): StateFile {
  return stateFile(root, "logs", join(root, layout.logs, `${stem}.ndjson`), stem);
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
