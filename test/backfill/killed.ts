import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect } from "vitest";

/** Numbers between 0 and 1 that are the same in every run of a test. */
export function* randomNumbers(seed = 20251106): Generator<number, never> {
  for (let state = seed; ;) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    yield state / 2 ** 31;
  }
}

/**
 * Starts a program and kills it so long after it said that it began; whether it was in time.
 *
 * @param program its file, which node runs
 * @param task its argument, as JSON
 */
export async function killedAfter(program: string, task: object, ms: number): Promise<boolean> {
  const command = [program, JSON.stringify(task)];
  const running = spawn(process.execPath, command, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(running, "exit");
  await Promise.race([once(running.stdout, "data"), ended]);
  setTimeout(() => running.kill("SIGKILL"), ms);
  const [code, signal] = (await ended) as [number | null, string | null];
  if (signal === null) expect(code).toBe(0);
  return signal === "SIGKILL";
}
