import { readFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { Option } from "commander";
import { byRole, type CollectionRole } from "../components/contract";
import { errorCode } from "../components/contract/text";
import type { PlanOptions } from "../components/migration";
import {
  type StateAddress,
  type StateFile,
  ahead,
  requireState,
  StateFolderError,
  stateFiles,
} from "../components/state";
import type { BothSides } from "../components/transfer";
import {
  commandSettings,
  schemaOptionsOf,
  type CommandSettings,
  type SettingsSource,
} from "../components/settings";
import type { CommonOptions } from "./command";
import { UsageError } from "./errors";
import { stackConfig } from "./stack-config";

/**
 * The settings asked for: those of the file of `--settings`, of the stack of `--stack` or of the file of
 * TASKRUNNER_SETTINGS, else the specification's defaults.
 *
 * @throws SettingsError with every problem; SettingsFileError or UsageError if they cannot be read
 */
export async function settingsOf(options: CommonOptions): Promise<CommandSettings> {
  return commandSettings(await settingsSource(options));
}

/**
 * Where the settings asked for are; undefined if none are asked for.
 *
 * @throws UsageError if Pulumi does not read the stack's
 */
export async function settingsSource({
  settings,
  stack,
}: CommonOptions): Promise<SettingsSource | undefined> {
  if (settings !== undefined) return { file: settings };
  if (stack !== undefined) return { config: await stackConfig(stack) };
  const { TASKRUNNER_SETTINGS: named } = process.env;
  return named ? { file: named } : undefined;
}

/**
 * The text of a file that an option names.
 *
 * @param option such as `--preview`
 * @throws UsageError if it cannot be read
 */
export function textOf(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = errorCode(error, "no reason given");
    throw new UsageError(
      `The file ${file} of ${option} cannot be read: ${why}. Check its path and permissions.`,
      { cause: error },
    );
  }
}

/** What a plan under these settings looks at. */
export function planOptions(settings: CommandSettings): PlanOptions {
  return { schema: schemaOptionsOf(settings), ledger: settings.advanced.ledger };
}

/** What names filesystem state and the collections beside it, without the database. */
export type StateSides = Omit<BothSides, "database" | "watch">;

/** The option of every command on filesystem state. */
export const stateOption = new Option(
  "--state <directory>",
  "the state directory (default: backfill.source.path)",
);

/**
 * The state directory of `--state`, else of the settings, and the collections beside it.
 *
 * @throws UsageError if neither names one
 */
export function requestedState(
  settings: CommandSettings,
  { state }: { readonly state?: string },
): StateSides {
  const { source } = settings.backfill ?? {};
  const directory = state ?? (source && "path" in source ? source.path : undefined);
  if (directory === undefined) {
    throw new UsageError(
      "No state directory is named. Set --state, or backfill.source.path in the settings.",
    );
  }
  return stateSides(settings, directory);
}

/** Filesystem state below a directory, under the settings or the defaults. */
export function stateSides(settings: CommandSettings, directory: string): StateSides {
  const { approvals, mongo } = settings;
  return { root: resolve(directory), approvals, collections: mongo.collections };
}

/**
 * Looks at a state directory that is to be read, before anything connects.
 *
 * @throws UsageError if it is missing, or has no state
 */
export async function requireReadable(address: StateAddress): Promise<void> {
  try {
    await requireState(address);
  } catch (error) {
    if (error instanceof StateFolderError) throw new UsageError(error.message, { cause: error });
    throw error;
  }
}

type StateSize = Record<CollectionRole, { files: number; bytes: number }>;

/** So many files are looked at once: on a volume across a network each takes a millisecond or two. */
const filesAtOnce = 64;

/** Counts the files below a state directory by their kind; reads none. */
export async function sizeOfState(address: StateAddress): Promise<StateSize> {
  const counts = byRole(() => ({ files: 0, bytes: 0 }));
  const look = async ({ role, path }: StateFile) => {
    // One that has just gone was there when it was listed.
    const found = await stat(path).catch(() => undefined);
    return { role, size: found?.size ?? 0 };
  };
  for await (const { role, size } of ahead(stateFiles(address), filesAtOnce, look)) {
    counts[role].files += 1;
    counts[role].bytes += size;
  }
  return counts;
}
