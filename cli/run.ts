import { CommanderError, type Command } from "commander";
import { DataIssues } from "../components/migration";
import { closeConnections } from "../components/mongo";
import { SettingsError, SettingsFileError } from "../components/settings";
import { UsageError } from "./command";
import { toJson } from "./json";
import { program } from "./program";

/** Runs one command line. It prints each error and sets the exit status of this process; it never rejects. */
export async function run(args: readonly string[]): Promise<void> {
  const [first, name = ""] = args;
  const isKnown = ["", "help", ...program.commands.flatMap(namesOf)].includes(name);
  try {
    // Commander shows the main page for the help of an unknown command.
    const isUnknown = first === "help" && !isKnown && !name.startsWith("-");
    await program.parseAsync(isUnknown ? [name] : args, { from: "user" });
  } catch (error) {
    reportError(error, args.includes("--json"));
    process.exitCode = exitStatus(error);
  } finally {
    await closeConnections();
  }
}

const namesOf = (command: Command) => [command.name(), ...command.aliases()];

// EX_USAGE of sysexits.h.
const wrongUsage = 64;

function exitStatus(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongUsage;
  const isUsage = [UsageError, SettingsError, SettingsFileError].some(
    (kind) => error instanceof kind,
  );
  if (isUsage) return wrongUsage;
  return error instanceof DataIssues ? 3 : 1;
}

// Prints to standard error and, with --json, one value to standard output.
function reportError(error: unknown, asJson: boolean): void {
  const isWrongUsage = error instanceof CommanderError;
  // Commander has already printed the help page or the version.
  if (isWrongUsage && /^commander\.(help|version)/.test(error.code)) return;
  const { message: text, name } = error instanceof Error ? error : new Error(String(error));
  // Commander's messages begin with `error: `.
  const message = isWrongUsage ? `${text.slice("error: ".length)}. See --help.` : text;
  console.error(`taskrunner-storage: ${message}`);
  if (!asJson) return;
  // `connection` for a ConnectionError, `data-issues` for DataIssues.
  const kind = name
    .replace(/(?<=.)Error$/, "")
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`)
    .toLowerCase();
  const code = isWrongUsage ? "usage" : kind;
  console.log(toJson("error", { error: { message, code } }));
}
