import { readFileSync } from "node:fs";
import type { Command } from "commander";
import type { Db } from "mongodb";
import { describeUnreadable, redact } from "../components/text";
import { databaseAt, formatHosts, type DatabaseAddress } from "../components/mongo";
import {
  commandSettings,
  statedMongoUri,
  uriFacts,
  type CommandSettings,
  type SettingsSource,
} from "../components/settings";
import { UsageError, usualSeconds, type CommonOptions } from "./command";
import { readProgramSettings } from "./program-settings";
import { runPulumi } from "./pulumi";

/**
 * Loads the settings of `--settings`, `--stack` or TASKRUNNER_SETTINGS, in this order, otherwise the defaults. Without
 * all three, `useSelectedStack` sets `--stack`.
 *
 * @throws SettingsError with every problem; SettingsFileError or UsageError if they cannot be read
 */
export async function loadSettings(options: CommonOptions): Promise<CommandSettings> {
  return commandSettings(await settingsSource(options));
}

/** The settings that the options or the environment name. @throws UsageError if Pulumi cannot read the stack's */
export async function settingsSource(options: CommonOptions): Promise<SettingsSource | undefined> {
  const { settings, stack, instance } = options;
  if (settings !== undefined) return { file: settings, instance };
  if (stack !== undefined) {
    const config = stackConfigs.get(options) ?? readStackConfig(stack);
    stackConfigs.set(options, config);
    return { ...(await config), instance };
  }
  const { TASKRUNNER_SETTINGS: named } = process.env;
  if (named) return { file: named, instance };
  if (instance === undefined) return undefined;
  throw new UsageError(
    "--instance names an environment in settings: name their stack with --stack, or their file with --settings.",
  );
}

/** Sets `--stack` to the stack that is selected in Pulumi, if no option or variable names the settings. */
export async function useSelectedStack(command: Command): Promise<void> {
  const { settings, stack, quiet } = command.opts<CommonOptions>();
  if (settings ?? stack ?? (process.env.TASKRUNNER_SETTINGS || undefined)) return;
  // It fails without Pulumi, a project, a log-in or a selected stack.
  const selected = (await runPulumi(["stack", "--show-name"]).catch(() => "")).trim();
  if (selected === "") return;
  command.setOptionValue("stack", selected);
  if (!quiet) console.error(`Stack ${selected} is selected.`);
}

interface StackValue {
  readonly value?: string;
  readonly secret?: boolean;
}

const stackConfigs = new WeakMap<CommonOptions, ReturnType<typeof readStackConfig>>();

// Pulumi itself reads the stack's file, the project's keys and the environments.
// A secret that cannot be opened here becomes `{ secure }`, as in a file.
async function readStackConfig(stack: string) {
  const read = (secrets: string) => runPulumi(["config", "--json"], ["--stack", stack, secrets]);
  try {
    const stdout = await read("--show-secrets").catch(() => read("--open"));
    const all = Object.entries(JSON.parse(stdout) as Record<string, StackValue>);
    const plain = all.filter(([, { secret }]) => secret === false);
    const own = Object.fromEntries(all.map(([key, { value }]) => [key, value ?? { secure: "" }]));
    // The mode of one of several environments is in the value of its key.
    const isWhole = all.some(
      ([key, { value = "" }]) =>
        /:(rollout|storageMode)$/.test(key) || value.includes('"storageMode"'),
    );
    return {
      // A program may have its settings itself; the file's win.
      config: isWhole ? own : { ...(await readProgramSettings(stack)), ...own },
      plainKeys: plain.map(([key]) => key.slice(key.indexOf(":") + 1)),
    };
  } catch (error) {
    const { stderr = "" } = error as { readonly stderr?: string };
    const why =
      error instanceof UsageError
        ? "pulumi is not on PATH"
        : `pulumi config says: ${redact(stderr.trim() || String(error))}`;
    throw new UsageError(
      `The settings of stack ${stack} cannot be read: ${why}. Fix that, or name the stack's file with ` +
        `--settings, such as Pulumi.${stack.split("/").at(-1) ?? stack}.yaml.`,
      { cause: error },
    );
  }
}

/**
 * Reads a file that an option names.
 *
 * @param option such as `--preview`
 * @throws UsageError if it cannot be read
 */
export function readOptionFile(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(
      `The file ${file} of ${option} ${describeUnreadable(error)}. Check its path and permissions.`,
      { cause: error },
    );
  }
}

/** A connection string (secret) and its source, or why there is none. */
type UriSearch = { readonly uri: string; readonly from: string } | { readonly missing: string };

/**
 * Finds the connection string in `--uri-file`, TASKRUNNER_MONGO_URI or the settings, in this order.
 *
 * @throws UsageError if `--uri-file` or the stack cannot be read
 */
export async function findUri(options: CommonOptions): Promise<UriSearch> {
  const { uriFile } = options;
  if (uriFile !== undefined) {
    return { uri: readOptionFile(uriFile, "--uri-file").trim(), from: `${uriFile} of --uri-file` };
  }
  const variable = "TASKRUNNER_MONGO_URI";
  const stated = process.env[variable];
  if (stated) return { uri: stated, from: variable };
  const missing = `${variable} is not set, so there is no connection string.`;
  const source = await settingsSource(options);
  if (!source) return { missing: `${missing} No stack is selected: name one with --stack NAME.` };
  const { uri, isEncrypted } = await statedMongoUri(source);
  const isFile = "file" in source;
  const place = isFile ? source.file : `stack ${String(options.stack)}`;
  const from = `mongoUri of ${place}`;
  if (uri !== undefined) return { uri, from };
  if (!isEncrypted) return { missing: `${missing} There is no mongoUri in ${place} either.` };
  const remedy = isFile
    ? "Name the stack with --stack, so that Pulumi decrypts it"
    : "Set what opens the stack's secrets, such as PULUMI_CONFIG_PASSPHRASE";
  return { missing: `${from} is encrypted and cannot be read. ${remedy}.` };
}

/**
 * The database that a command works on. The caller finds the connection string once: `--uri-file` may be a pipe.
 *
 * @throws UsageError if there is no connection string, or it is not one, or no database is named
 */
export function parseAddress(found: UriSearch, { mongo }: CommandSettings): DatabaseAddress {
  if ("missing" in found) {
    throw new UsageError(
      `${found.missing} Otherwise set TASKRUNNER_MONGO_URI to the migrator's connection string, or name a ` +
        "file that contains it with --uri-file.",
    );
  }
  const facts = uriFacts(found.uri);
  if (!facts) {
    throw new UsageError(
      `${found.from} is not a connection string. Begin it with mongodb:// or mongodb+srv://, and ` +
        "percent-encode special characters in its password.",
    );
  }
  const database = mongo.database ?? facts.database;
  if (database === undefined) {
    throw new UsageError(
      // With a scheme, the example would be removed as a connection string.
      `${found.from} names no database. Add its name behind the hosts, as in …/taskrunner, or set ` +
        "mongo.database in the settings.",
    );
  }
  return { uri: found.uri, database, source: found.from };
}

/**
 * Prints to which hosts a command connects, then connects.
 *
 * @param seconds default of `--connect-timeout`
 * @throws ConnectionError if no server answers, or the log-in fails
 */
export async function connect(
  options: CommonOptions,
  address: DatabaseAddress,
  seconds = usualSeconds,
): Promise<Db> {
  announce(options, address);
  const selectionTimeoutMs = (options.connectTimeout ?? seconds) * 1_000;
  return databaseAt(address, { selectionTimeoutMs });
}

/** Prints to standard error to which hosts a command connects. */
export function announce({ quiet }: CommonOptions, { uri }: DatabaseAddress): void {
  if (!quiet) console.error(`Connecting to ${formatHosts(uri)}`);
}
