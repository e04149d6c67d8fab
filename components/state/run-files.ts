import type { Store } from "../contract";
import { mapLimit } from "./concurrency";
import { isSystemError } from "./errors";
import { type JsonObject, memberOf, objectIn } from "./json";
import { isNamed } from "./base-names";
import { type StateAddress, type StateFile, filesOf } from "./layout";
import { type RawText, readTexts } from "./read";
import { type FileStat, readStat } from "./file-stat";
import { isUnbegun, isUnfinished } from "./unfinished";

/** A run's file with the id inside. */
export interface RunFile {
  readonly runId: string;
  readonly file: StateFile;
}

/** Maximum number of files read at once; on a network volume each takes some milliseconds. */
export const filesAtOnce = 16;

/** A run's file, with the stat that it had before it was read. */
export interface FileWithStat {
  readonly file: StateFile;
  /** Undefined if the file is gone. */
  readonly stat: FileStat | undefined;
}

/** Finds the names of files that are known to hold finished runs. */
export type FindFinished = (files: readonly FileWithStat[]) => Promise<ReadonlySet<string>>;

/**
 * Lists the runs on disk that may still execute steps. Omits unreadable files, because no worker executes them.
 *
 * @param findFinished the files that are not read; default none
 */
export async function listUnfinishedRuns(
  address: StateAddress,
  findFinished?: FindFinished,
): Promise<RunFile[]> {
  const runs: RunFile[] = [];
  for await (const { file, runId, mayExecute } of readRunFiles(address, findFinished)) {
    if (runId !== undefined && mayExecute) runs.push({ runId, file });
  }
  return runs;
}

/**
 * The runs' files in a folder, with the stats that they had before they were read.
 *
 * @param findFinished the files that are not read; default none
 */
export async function* readRunFiles(address: StateAddress, findFinished?: FindFinished) {
  for await (const files of filesOf(address, "runs")) {
    const withStats = await Promise.all(
      files.map(async (file) => ({ file, stat: await readStat(file.path) })),
    );
    const finished = (await findFinished?.(withStats)) ?? new Set();
    const isKnown = ({ file }: FileWithStat) => finished.has(file.name);
    yield* withStats
      .filter(isKnown)
      .map(({ file, stat }) => ({ file, stat, runId: undefined, mayExecute: false }));
    const unknown = withStats.filter((one) => !isKnown(one));
    yield* await mapLimit(filesAtOnce, unknown, async ({ file, stat }) => {
      const run = await runIn(file);
      const runId = run && idInside(run);
      return { file, stat, runId, mayExecute: run !== undefined && isUnfinished(run) };
    });
  }
}

/**
 * Whether the run in a text may still execute steps. A text that is unreadable or holds no run counts as unfinished.
 */
export function mayBeUnfinished(text: RawText | undefined): boolean {
  const run = text && objectIn(text);
  return run === undefined || isUnfinished(run);
}

/** Reads the id of the run in a file if no step of it was begun and the file has its name. */
export async function unbegunRunIn(file: StateFile): Promise<string | undefined> {
  const run = await readableRunIn(file);
  if (!run || !isUnbegun(run)) return undefined;
  const runId = idInside(run);
  return runId !== undefined && isNamed(runId, file.baseName) ? runId : undefined;
}

/** The id that a run or a job has inside; undefined if it has none. */
export function idInside(run: JsonObject): string | undefined {
  const id = memberOf(run, "runId");
  return typeof id === "string" ? id : undefined;
}

/** Reads as `runIn`; undefined also if the file cannot be read, which its import reports. */
export async function readableRunIn(file: StateFile<Store>): Promise<JsonObject | undefined> {
  return runIn(file).catch((error: unknown) => {
    if (!isSystemError(error)) throw error;
    return undefined;
  });
}

/** Reads the run or job in a file; undefined if it holds none. */
export async function runIn(file: StateFile<Store>): Promise<JsonObject | undefined> {
  for await (const [text] of readTexts(file)) return text && objectIn(text);
  return undefined;
}
