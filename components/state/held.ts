import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Store } from "../contract";
import { mapLimit } from "./concurrency";
import { isMissing, isSystemError } from "./errors";
import { type JsonObject, memberOf } from "./json";
import { type StateAddress, type StateFile, filesOf } from "./layout";
import { type RawText, readTexts } from "./read";
import { objectIn } from "./records";
import { type FileStamp, formatStamp, readStamp } from "./stamp";
import { isUnfinished } from "./unfinished";

/**
 * The folder below the state directory for the files of held runs. Each fence has a folder in it, with the same layout
 * as the state directory. No service and no import reads it.
 */
export const heldFolder = "held";

/**
 * The folder below the state directory for conflict copies, with the same layout. Next to its file, a copy would be
 * a second run to a service that lists the folder.
 */
export const conflictsFolder = "conflicts";

/** Points an address at each folder of held files, which is a state directory of its own; the newest first. */
export async function heldAddresses<Address extends StateAddress>(
  address: Address,
): Promise<Address[]> {
  const held = join(address.root, heldFolder);
  try {
    const names = (await readdir(held)).sort().reverse();
    return names.map((name) => ({ ...address, root: join(held, name) }));
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/** Points an address at the conflict copies, which form a state directory of their own. */
export function toConflictsAddress<Address extends StateAddress>(address: Address): Address {
  return { ...address, root: join(address.root, conflictsFolder) };
}

/** Lists the held runs. */
export async function listHeldRuns(address: StateAddress): Promise<RunFile[]> {
  const runs: RunFile[] = [];
  for (const held of await heldAddresses(address)) {
    for await (const { file, runId = file.baseName } of readRunFiles(held)) {
      runs.push({ runId, file });
    }
  }
  return runs;
}

/** A run's file with the id inside. */
export interface RunFile {
  readonly runId: string;
  readonly file: StateFile;
}

/** Maximum number of files read at once; on a network volume each takes some milliseconds. */
const filesAtOnce = 16;

/** A file's name with its stamp as text. */
export function stampedName(name: string, stamp: string | undefined): string {
  return `${name} ${stamp}`;
}

interface StampedFile {
  readonly file: StateFile;
  /** Undefined if the file is gone by now. */
  readonly stamp: FileStamp | undefined;
}

/** Finds the names of files that hold finished runs, as far as that is known. */
export type FindFinished = (files: readonly StampedFile[]) => Promise<ReadonlySet<string>>;

/**
 * Lists the runs on disk that may still execute steps. Omits unreadable files, because no worker executes them.
 *
 * @param finished files whose runs were finished, as `stampedName` has them: one that has its stamp still is not read
 */
export async function listUnfinishedRuns(
  address: StateAddress,
  finished?: Pick<ReadonlySet<string>, "has">,
): Promise<RunFile[]> {
  const isFinished = ({ file, stamp }: StampedFile) =>
    stamp !== undefined && finished?.has(stampedName(file.name, formatStamp(stamp))) === true;
  const findFinished = (files: readonly StampedFile[]) =>
    Promise.resolve(new Set(files.filter(isFinished).map(({ file }) => file.name)));
  const runs: RunFile[] = [];
  for await (const { file, runId, mayExecute } of readRunFiles(address, findFinished)) {
    if (runId !== undefined && mayExecute) runs.push({ runId, file });
  }
  return runs;
}

/**
 * The runs' files in a folder, with the stamps that they had before they were read.
 *
 * @param findFinished the files that are not read; default none
 */
export async function* readRunFiles(address: StateAddress, findFinished?: FindFinished) {
  for await (const files of filesOf(address, "runs")) {
    const stamped = await Promise.all(
      files.map(async (file) => ({ file, stamp: await readStamp(file.path) })),
    );
    const finished = (await findFinished?.(stamped)) ?? new Set();
    const isKnown = ({ file }: StampedFile) => finished.has(file.name);
    yield* stamped
      .filter(isKnown)
      .map(({ file, stamp }) => ({ file, stamp, runId: undefined, mayExecute: false }));
    const unknown = stamped.filter((one) => !isKnown(one));
    yield* await mapLimit(filesAtOnce, unknown, async ({ file, stamp }) => {
      const run = await runIn(file);
      const runId = run && idInside(run);
      return { file, stamp, runId, mayExecute: run !== undefined && isUnfinished(run) };
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

/** The id that a run or a job has inside; undefined if it has none. */
export function idInside(run: JsonObject): string | undefined {
  const id = memberOf(run, "runId");
  return typeof id === "string" ? id : undefined;
}

/** As `runIn`; undefined also if the file cannot be read, which its import says. */
export async function readableRunIn(file: StateFile<Store>): Promise<JsonObject | undefined> {
  return runIn(file).catch((error: unknown) => {
    if (!isSystemError(error)) throw error;
    return undefined;
  });
}

/** The run in a file, or the job; undefined if it holds none. */
export async function runIn(file: StateFile<Store>): Promise<JsonObject | undefined> {
  for await (const [text] of readTexts(file)) return text && objectIn(text);
  return undefined;
}
