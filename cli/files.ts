import { readFileSync } from "node:fs";
import { settingsFile, type CommonOptions } from "./context";

/**
 * A stack's settings file, and what the stack is called.
 *
 * @throws Error where neither is named
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
 * @throws Error where it cannot be read
 */
export function textOf(file: string, option: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const why = error instanceof Error && "code" in error ? String(error.code) : "no reason given";
    throw new Error(`${file} of ${option} cannot be read: ${why}.`, { cause: error });
  }
}
