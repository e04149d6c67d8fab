import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readFile } from "node:fs/promises";

/** Options of a background program. */
export interface ChildOptions {
  /** The file for its output, created anew. */
  readonly log: string;
  /** Whether it outlives this program; default: false. */
  readonly detached?: boolean;
  /** The signal that ends it when this program ends. Default: SIGTERM. */
  readonly lastSignal?: NodeJS.Signals;
  /** Additional environment variables. */
  readonly environment?: Readonly<Record<string, string>>;
}

/**
 * Starts a background program.
 *
 * @throws Error if there is no such program
 */
export async function startChild(
  [program, ...args]: readonly [string, ...string[]],
  { log, detached = false, lastSignal = "SIGTERM", environment = {} }: ChildOptions,
): Promise<ChildProcess> {
  const output = await open(log, "w");
  const env = { ...process.env, ...environment };
  const child = spawn(program, args, { detached, env, stdio: ["ignore", output.fd, output.fd] });
  await once(child, "spawn").finally(() => output.close());
  child.unref();
  if (detached || hasExited(child)) return child;
  // The shell's input ends even if this program is killed.
  const ended = `cat >/dev/null; kill -${lastSignal.slice("SIG".length)} ${child.pid}`;
  const watch = spawn("sh", ["-c", ended], { detached: true, stdio: ["pipe", "ignore", "ignore"] });
  watch.unref();
  (watch.stdin as unknown as { unref(): void }).unref();
  child.once("exit", () => watch.kill());
  return child;
}

/** Whether a started program has exited, by itself or by a signal. */
export function hasExited(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

/** The last five lines of a program's output. */
export async function lastWords(log: string): Promise<string> {
  const text = await readFile(log, "utf8");
  return text.trim().split("\n").slice(-5).join("\n");
}
