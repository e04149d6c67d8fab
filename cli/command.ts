import { Command, InvalidArgumentError, Option } from "commander";

/** The options that every command has. */
export interface CommonOptions {
  readonly settings?: string;
  readonly stack?: string;
  /** One of several environments in the settings. */
  readonly instance?: string;
  readonly uriFile?: string;
  /** In seconds; default: the command's own. */
  readonly connectTimeout?: number;
  readonly json?: true;
  readonly quiet?: true;
}

/** An argument, a variable or a file of a command is unusable. Thrown before anything changes. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

interface CommandHelp {
  readonly group: "Before an update" | "Database" | "Data" | "Pull requests";
  /** What it does, as an imperative of at most 60 characters: `Show the ledger.` */
  readonly does: string;
  /** Its own options. */
  readonly options?: readonly Option[];
  /** Whole shell lines that run as they are; a test runs each. */
  readonly examples: readonly string[];
  /** Meaning of each exit status besides 1 and 64; 0 means done by default. */
  readonly statuses?: Readonly<Record<number, string>>;
  /** Default time to look for a server, in s, and what else sets it; absent: it connects to none. */
  readonly connects?: { readonly seconds: number; readonly also?: string };
  /** It reads only files that its options name, so help hides `--settings`. */
  readonly ignoresSettings?: boolean;
  /** Further notes, in lines of at most 80 characters. */
  readonly notes?: readonly string[];
}

/** Default time to look for a server, in s. An election usually takes 12 s. */
export const usualSeconds = 30;

/** The same for a command that only reads, because you wait for its output. */
export const lookSeconds = 10;

/** Builds a command with its own options, the common ones and its help page. */
export function command(name: string, help: CommandHelp): Command {
  const made = new Command(name).description(help.does).helpGroup(`${help.group}:`);
  for (const option of [...(help.options ?? []), ...commonOptions(help)]) made.addOption(option);
  return made.addHelpText("after", helpAfter(help));
}

// A script may give every command the same options; help shows only those with an effect.
function commonOptions({ connects, ignoresSettings = false }: CommandHelp): Option[] {
  const usual = [connects?.seconds, connects?.also].filter((part) => part !== undefined);
  const stack = ignoresSettings
    ? "name the stack"
    : "read the settings as Pulumi reads this stack's\n(default: the selected stack)";
  const uriFile = new Option("--uri-file <file>", "read the connection string from this file");
  const timeout = new Option(
    "--connect-timeout <seconds>",
    `look for a server this long (default: ${usual.join(";\n")})`,
  ).argParser((text) => {
    const seconds = Number(text);
    if (text.trim() !== "" && seconds > 0 && seconds < 86_400) return seconds;
    throw new InvalidArgumentError("Give a number of seconds, such as 30.");
  });
  return [
    new Option("--settings <file>", "read the settings from this file").hideHelp(ignoresSettings),
    new Option("--stack <name>", stack),
    new Option(
      "--instance <name>",
      "of several environments in the settings, take this one",
    ).hideHelp(ignoresSettings),
    ...[uriFile, timeout].map((option) => option.hideHelp(connects === undefined)),
    new Option("--json", "print one JSON value, also for an error;\nits schema is in docs/json"),
    new Option("--quiet", "print no progress; the result stays"),
  ].map((option) => option.helpGroup("Common options:"));
}

const settingsVariable = `
  TASKRUNNER_SETTINGS   the settings file, if no option names one; it wins over
                        the selected stack`;

const connectionVariables = `
  TASKRUNNER_MONGO_URI  the connection string, secret. --uri-file wins. Without
                        both, the stack's mongoUri counts, or one in plain
                        text in the settings file
  TASKRUNNER_MONGO_CA   the certificate of the authority that signed the
                        server's, as text (PEM)`;

function helpAfter(help: CommandHelp): string {
  const { examples, statuses = {}, connects, ignoresSettings, notes = [] } = help;
  const meanings = Object.entries({ 0: "done", 1: "an error", ...statuses, 64: "wrong usage" });
  const variables =
    (ignoresSettings ? "" : settingsVariable) + (connects ? connectionVariables : "");
  return [
    ...(notes.length > 0 ? ["", ...notes] : []),
    "",
    examples.length === 1 ? "Example:" : "Examples:",
    ...examples.map((line) => `  ${line}`),
    "",
    "Exit status:",
    ...meanings.map(([status, meaning]) => `  ${status.padEnd(4)}${meaning}`),
    ...(variables === "" ? [] : ["", `Environment:${variables}`]),
  ].join("\n");
}
