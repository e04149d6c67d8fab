import { CommanderError } from "commander";
import { DataIssues } from "../components/migration";
import { SettingsError, SettingsFileError } from "../components/settings";

/** What was given to a command cannot be used: an argument, a variable or a file. Nothing was done. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** As sysexits.h has it (EX_USAGE). */
const wrongUsage = 64;

/** The exit status for an error: 64 for wrong usage, 3 for data issues that block, else 1. */
export function exitStatusOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : wrongUsage;
  const isUsage = [UsageError, SettingsError, SettingsFileError].some(
    (kind) => error instanceof kind,
  );
  if (isUsage) return wrongUsage;
  return error instanceof DataIssues ? 3 : 1;
}

/**
 * Says what failed on standard error and, with --json, as one value on standard output too:
 * `{ "error": { "message", "code" } }`. Help and version are no failure.
 */
export function reportError(error: unknown, asJson: boolean): void {
  if (error instanceof CommanderError && isHelp.test(error.code)) return;
  const message = messageOf(error);
  console.error(`taskrunner-storage: ${message}`);
  if (asJson)
    console.log(JSON.stringify({ error: { message, code: codeOf(error) } }, undefined, 2));
}

/** What commander throws behind a help page or the version, which it has printed. */
const isHelp = /^commander\.(help|version)/;

function messageOf(error: unknown): string {
  if (!(error instanceof CommanderError)) {
    return error instanceof Error ? error.message : String(error);
  }
  return `${error.message.replace(/^error: /, "")}. See --help.`;
}

/** The kind of an error, for scripts: `connection` for a ConnectionError, `data-issues` for DataIssues. */
function codeOf(error: unknown): string {
  if (error instanceof CommanderError) return "usage";
  const { name } = error instanceof Error ? error : new Error();
  return name
    .replace(/(?<=.)Error$/, "")
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => `-${letter}`)
    .toLowerCase();
}
