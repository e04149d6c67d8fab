import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** The settings file or its history cannot be read or changed; the message says what to do. */
export class CheckoutError extends Error {
  override readonly name = "CheckoutError";
}

/** How Git is called. */
export interface GitOptions {
  /** The folder that it works in. */
  readonly directory: string;
  /** Added to this process's own variables; a secret goes here, never into the arguments. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * What Git prints, without the last line's end.
 *
 * @throws CheckoutError with Git's own words, without any password that is in an address
 */
export async function git(args: readonly string[], options: GitOptions): Promise<string> {
  const { directory, environment } = options;
  const env = { ...process.env, GIT_TERMINAL_PROMPT: "0", ...environment };
  try {
    const { stdout } = await promisify(execFile)("git", args, { cwd: directory, env });
    return stdout.replace(/\n$/, "");
  } catch (error) {
    const { stderr = "", code } = error as { readonly stderr?: string; readonly code?: unknown };
    const said = code === "ENOENT" ? "git is not on PATH" : stderr.trim();
    const safe = said.replaceAll(/[^\s/@:]+:[^\s/@]+@/g, "***@");
    throw new CheckoutError(`git ${args[0] ?? ""} failed in ${directory}: ${safe}`);
  }
}
