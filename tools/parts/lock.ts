import { randomUUID } from "node:crypto";
import { link, readFile, rm, stat, writeFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { commandLine } from "./running";
import { say } from "./say";

/** A lock older than this belongs to nobody, whoever has its program's id by now. */
const oldest = 60 * 60 * 1000;

/**
 * Does some work while no other program of this machine does work under the same lock.
 *
 * The lock is a file that holds the id of the program that has it. It is there to save double work
 * only: where a lock is left behind and two programs find that at the same moment, both go on.
 */
export async function oneAtATime(lock: string, work: () => Promise<void>): Promise<void> {
  await take(lock);
  try {
    await work();
  } finally {
    await rm(lock, { force: true });
  }
}

async function take(lock: string): Promise<void> {
  let waiting = false;
  while (!(await claim(lock))) {
    const holder = await holderOf(lock);
    if (holder === undefined) {
      await rm(lock, { force: true });
      continue;
    }
    if (!waiting) say(`${lock}: waiting for process ${holder}, which makes the same`);
    waiting = true;
    await sleep(500);
  }
}

async function claim(lock: string): Promise<boolean> {
  // A program may ask several times at once, such as the tests of one file.
  const mine = `${lock}.${randomUUID()}`;
  await writeFile(mine, `${process.pid}`);
  try {
    // A link, so that nobody reads a lock without its text.
    await link(mine, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

/** The program that has the lock, or undefined if it is gone. */
async function holderOf(lock: string): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(lock, "utf8"));
    if (Date.now() - (await stat(lock)).mtimeMs > oldest) return undefined;
    return (await commandLine(pid)) === undefined ? undefined : pid;
  } catch {
    return undefined;
  }
}
