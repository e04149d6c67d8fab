import { execFile } from "node:child_process";
import { dirname, resolve } from "node:path";
import { promisify } from "node:util";

/** The settings file or its history cannot be read or changed; the message says what to do. */
export class CheckoutError extends Error {
  override readonly name = "CheckoutError";
}

/**
 * What Git prints, without the last line's end.
 *
 * @param file in whose folder Git works, such as the stack's settings file
 * @param environment added to this process's own variables; a secret goes here, never into the arguments
 * @throws CheckoutError with Git's own words, without any password that is in an address
 */
export async function git(
  file: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<string> {
  const cwd = dirname(resolve(file));
  const env = { ...process.env, GIT_TERMINAL_PROMPT: "0", ...environment };
  try {
    const { stdout } = await promisify(execFile)("git", args, { cwd, env });
    return stdout.replace(/\n$/, "");
  } catch (error) {
    const { stderr = "", code } = error as { readonly stderr?: string; readonly code?: unknown };
    const said = code === "ENOENT" ? "git is not on PATH" : stderr.trim();
    const safe = said.replaceAll(/[^\s/@:]+:[^\s/@]+@/g, "***@");
    throw new CheckoutError(`git ${args[0] ?? ""} failed in ${cwd}: ${safe}`);
  }
}
