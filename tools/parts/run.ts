import { execFile, spawn } from "node:child_process";
import { accessSync, constants, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";

/**
 * The file of a program, or undefined if there is none.
 *
 * @param path folders, as in PATH
 */
export function executable(name: string, path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** The real folder of a program, behind links. */
export function folderOf(file: string): string {
  return dirname(realpathSync(file));
}

/** A program's standard output; undefined if it is missing or fails. */
export async function answerOf(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const options = { timeout: 20_000, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(program, args, options);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** A long-running program. */
export interface LongWork {
  readonly program: string;
  readonly args: readonly string[];
  readonly directory?: string;
  readonly environment?: Readonly<Record<string, string>>;
  /** Gets each line that the program prints. */
  line?(text: string): void;
}

/**
 * Runs a program to its end.
 *
 * @throws Error with the program's last lines if it fails
 */
export async function longWork(work: LongWork): Promise<void> {
  const child = spawn(work.program, work.args, {
    cwd: work.directory,
    env: { ...process.env, ...work.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const printed = new PassThrough();
  child.stdout.pipe(printed, { end: false });
  child.stderr.pipe(printed, { end: false });
  child.once("close", () => printed.end());
  const last: string[] = [];
  for await (const text of createInterface(printed)) {
    work.line?.(text);
    if (last.push(text) > 5) last.shift();
  }
  if (child.exitCode !== 0) throw new Error([`${work.program} failed:`, ...last].join("\n  "));
}
