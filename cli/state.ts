import { resolve } from "node:path";
import { Option } from "commander";
import type { Db } from "mongodb";
import { formatPrinted } from "../components/text";
import { type CommandSettings, foldersOf } from "../components/settings";
import { countJobs, isFolder, requireState, StateFolderError } from "../components/state";
import {
  type BothSides,
  type ComparedForms,
  compareForms,
  jobSections,
  toMessages,
} from "../components/transfer";
import { UsageError, type CommonOptions } from "./command";
import { connect, findUri, loadSettings, parseAddress } from "./inputs";

/** A state directory and the collections that belong to it, without the database. */
export type StateSides = Omit<BothSides, "database" | "watch">;

/** The options of a command on a state directory. */
export interface StateOptions extends CommonOptions {
  readonly state?: string;
}

/** The option that all these commands take. */
export const stateOption = new Option(
  "--state <directory>",
  "the state directory (default: backfill.source.path)",
);

/**
 * The state directory of `--state`, otherwise of the settings, and its collections.
 *
 * @throws UsageError if neither names one
 */
export function requestedState(
  settings: CommandSettings,
  { state = sourcePath(settings) }: StateOptions,
): StateSides {
  if (state !== undefined) return stateSides(settings, state);
  throw new UsageError(
    "No state directory is named. Set --state, or backfill.source.path in the settings.",
  );
}

/** The directory of `backfill.source.path`; undefined if the settings name none. */
export function sourcePath({ backfill }: CommandSettings): string | undefined {
  return backfill && "path" in backfill.source ? backfill.source.path : undefined;
}

/** A state directory under these settings. */
export function stateSides(settings: CommandSettings, directory: string): StateSides {
  const { collections } = settings.mongo;
  return { root: resolve(directory), folders: foldersOf(settings), collections };
}

/** The check of forms; undefined if the state directory is not on this machine. */
export async function findForms(
  settings: CommandSettings,
  database: Db,
): Promise<ComparedForms | undefined> {
  const sides = await findState(settings);
  return sides && compareForms({ ...sides, database });
}

/** The waiting jobs, as data and as text; undefined without a queue or its state directory on this machine. */
export async function findJobs(settings: CommandSettings) {
  const sides = await findState(settings);
  const jobs = sides && (await countJobs(sides));
  if (!jobs) return undefined;
  const text = toMessages(jobSections(jobs, sides)).map(formatPrinted).join("\n");
  return { jobs, text: text === "" ? "no job waiting" : text };
}

/** The state directory of the settings, if it is on this machine. */
async function findState(settings: CommandSettings): Promise<StateSides | undefined> {
  const root = sourcePath(settings);
  if (root === undefined || !(await isFolder(resolve(root)))) return undefined;
  return stateSides(settings, root);
}

/**
 * Checks the state directory, then connects to the database.
 *
 * @throws UsageError if no directory is named, it is missing, or it has no state; ConnectionError
 */
export async function openBothSides(options: StateOptions) {
  const settings = await loadSettings(options);
  const sides = requestedState(settings, options);
  try {
    await requireState(sides);
  } catch (error) {
    if (error instanceof StateFolderError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
  const database = await connect(options, parseAddress(await findUri(options), settings));
  return { settings, sides, database };
}
