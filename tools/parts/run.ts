import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { promisify } from "node:util";

/** What a program prints on standard output, or undefined if it is not there or fails. */
export async function answerOf(program: string, ...args: string[]): Promise<string | undefined> {
  try {
    const options = { timeout: 20_000, maxBuffer: 64 * 1024 * 1024 };
    const { stdout } = await promisify(execFile)(program, args, options);
    return stdout.trim();
  } catch {
    return undefined;
  }
}

/** Some long work of another program. */
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
