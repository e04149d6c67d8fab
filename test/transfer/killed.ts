import { spawn } from "node:child_process";
import { once } from "node:events";
import { Collection } from "mongodb";
import { expect, vi } from "vitest";

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

/** Lets an import or an export end behind its first write, before it settles the bases. */
export async function killedBeforeSettling(work: () => Promise<unknown>): Promise<void> {
  const write = Reflect.get(Collection.prototype, "bulkWrite");
  const writes = vi.spyOn(Collection.prototype, "bulkWrite").mockImplementation(function (
    this: Collection,
    ...args
  ) {
    if (JSON.stringify(args).includes('"agreed":{')) throw new Error("killed");
    return write.apply(this, args);
  });
  await expect(work()).rejects.toThrow("killed");
  writes.mockRestore();
}
