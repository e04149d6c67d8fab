import { readFileSync } from "node:fs";
import { Command } from "commander";
import type { Db } from "mongodb";
import { type ConnectionOptions, databaseAt, type DatabaseAddress } from "../components/mongo";
import type { PlanOptions } from "../components/migration";
import {
  commandSettings,
  requireIndexNames,
  schemaOptionsOf,
  uriFacts,
  type CommandSettings,
} from "../components/settings";

/** The options that every command has. */
export interface CommonOptions {
  readonly settings?: string;
  readonly stack?: string;
  readonly json?: true;
  readonly quiet?: true;
}

/** A command with the options that all of them have. `example` is how it is called. */
export function command(
  name: string,
  description: string,
  example = `taskrunner-storage ${name} --stack dev`,
): Command {
  return new Command(name)
    .description(description)
    .option("--settings <file>", "the stack's settings file")
    .option("--stack <name>", "the stack, whose settings are in Pulumi.<name>.yaml")
    .option("--json", "one JSON value on standard output")
    .option("--quiet", "nothing but errors")
    .addHelpText("after", `\nExample:\n  ${example}`);
}

/** The settings asked for: the file of `--settings` or `--stack`, else the document's defaults. */
export async function settingsOf(options: CommonOptions): Promise<CommandSettings> {
  const file = settingsFile(options);
  return commandSettings(file === undefined ? undefined : { file });
}

/** The settings file that is asked for by its path or by its stack's name; undefined if none is. */
function settingsFile({ settings, stack }: CommonOptions): string | undefined {
  return settings ?? (stack === undefined ? undefined : `Pulumi.${stack}.yaml`);
}

/**
 * A stack's settings file, and what the stack is called.
 *
 * @throws Error if neither is named
 */
export function settingsFileOf(options: CommonOptions): { file: string; stack: string } {
  const file = settingsFile(options);
  if (file === undefined) throw new Error("Which stack? Name it with --stack.");
  const named = /([^/\\]+?)\.ya?ml$/.exec(file)?.[1]?.replace(/^Pulumi\./, "");
  return { file, stack: options.stack ?? named ?? file };
}

/**
 * The text of a file that an option names.
 *
 * @param option such as `--preview`
 * @throws Error if it cannot be read
 */
export function textOf(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "no reason given";
    throw new Error(`${file} of ${option} cannot be read: ${why}.`, { cause: error });
  }
}

/** Lets a command end with 0 where it has its answer, whatever that is. */
export function mayExitZero(command: Command): Command {
  return command.option(
    "--exit-zero",
    "ends with 0 where it has its result, whatever that is: a Job or a workflow fails otherwise",
  );
}

/** Sets the exit status that says what the result is, unless 0 is asked for. */
export function exitWith(status: number, { exitZero }: { readonly exitZero?: true }): void {
  process.exitCode = exitZero ? 0 : status;
}

/**
 * What a plan under these settings looks at.
 *
 * @throws SettingsError where two indexes of a collection would have one name
 */
export function planOptions(settings: CommandSettings): PlanOptions {
  requireIndexNames(settings);
  const { ledger, checkpoints } = settings.advanced;
  return { schema: schemaOptionsOf(settings), ledger, ownRecords: [checkpoints] };
}

/** Somebody waits for a command that only looks: a server is looked for no longer than this. */
const commandReach: ConnectionOptions = { selectionTimeoutMs: 10_000 };

/**
 * The database of TASKRUNNER_MONGO_URI, by the name in the settings or in the URI, to look at it.
 *
 * @throws Error where the variable is not set, is no connection string or names no database
 */
export async function databaseOf(settings: CommandSettings): Promise<Db> {
  return databaseAt(addressOf(settings), commandReach);
}

/** The same without connecting; `uri` is secret. */
export function addressOf({ mongo }: CommandSettings): DatabaseAddress {
  const uri = process.env.TASKRUNNER_MONGO_URI;
  if (!uri) {
    throw new Error(
      "TASKRUNNER_MONGO_URI is not set: give it the connection string of the migrator, such as " +
        "mongodb://127.0.0.1:27017/taskrunner.",
    );
  }
  const facts = uriFacts(uri);
  if (!facts) throw new Error("TASKRUNNER_MONGO_URI is no connection string.");
  const database = mongo.database ?? facts.database;
  if (database === undefined) {
    throw new Error("No database: name it in mongo.database or in TASKRUNNER_MONGO_URI.");
  }
  return { uri, database };
}

/** Prints the one result of a command, for a script or for a person. */
export function print({ json, quiet }: CommonOptions, asJson: object, inWords: string): void {
  if (json) console.log(JSON.stringify(asJson, undefined, 2));
  else if (!quiet) console.log(inWords);
}
