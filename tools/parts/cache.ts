import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { link, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { printLine } from "./progress";
import { commandLine } from "./running";

/** The user's cache folder for local parts, below `XDG_CACHE_HOME` if set. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME: moved = "" } = process.env;
  return join(moved === "" ? join(homedir(), ".cache") : moved, "taskrunner-storage");
}

/**
 * A part's folder in the cache, named after the part and a hash of its sources.
 *
 * @param part such as `pulumi-v3.274.1`
 * @param madeFrom versions, platform and the text of files that pin the rest
 */
export function partFolder(part: string, madeFrom: readonly string[]): string {
  const key = createHash("sha256").update(JSON.stringify(madeFrom)).digest("hex").slice(0, 12);
  return join(cacheFolder(), `${part}-${key}`);
}

/**
 * Creates a part's folder unless it exists. It is filled elsewhere and renamed, so an existing folder is
 * complete. A second program that wants the same part waits for the first.
 *
 * @param fill puts the part into an empty folder, which is then renamed
 */
export async function fillOnce(
  folder: string,
  fill: (aside: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  const lock = `${folder}.lock`;
  await take(lock);
  try {
    if (!existsSync(folder)) await fillAside(folder, fill);
  } finally {
    await rm(lock, { force: true });
  }
}

async function fillAside(folder: string, fill: (aside: string) => Promise<void>): Promise<void> {
  // Left by programs that were killed.
  const start = `${basename(folder)}.unfinished-`;
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(start)) continue;
    const filler = await commandLine(Number(name.slice(start.length)));
    if (filler === undefined) await rm(join(dirname(folder), name), { recursive: true });
  }
  const aside = `${folder}.unfinished-${process.pid}`;
  await mkdir(aside);
  try {
    await fill(aside);
    await rename(aside, folder);
  } catch (error) {
    await rm(aside, { recursive: true, force: true });
    if (!existsSync(folder)) throw error;
  }
}

/** An older lock is stale, whichever program has its id by now. */
const oldest = 60 * 60 * 1000;

/**
 * Waits for a lock file with its holder's process id. It only saves double work: if two programs find a stale
 * lock at once, both continue.
 */
async function take(lock: string): Promise<void> {
  let waiting = false;
  while (!(await claim(lock))) {
    const holder = await holderOf(lock);
    if (holder === undefined) {
      await rm(lock, { force: true });
      continue;
    }
    if (!waiting) printLine(`${lock}: waiting for process ${holder}, which makes the same`);
    waiting = true;
    await sleep(500);
  }
}

async function claim(lock: string): Promise<boolean> {
  // A program may ask several times at once, such as a file's tests.
  const mine = `${lock}.${randomUUID()}`;
  await writeFile(mine, `${process.pid}`);
  try {
    // A link is atomic, so that nobody reads an empty lock.
    await link(mine, lock);
    return true;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(mine, { force: true });
  }
}

/** The process with the lock, or undefined if it is gone. */
async function holderOf(lock: string): Promise<number | undefined> {
  try {
    const pid = Number(await readFile(lock, "utf8"));
    if (Date.now() - (await stat(lock)).mtimeMs > oldest) return undefined;
    return (await commandLine(pid)) === undefined ? undefined : pid;
  } catch {
    return undefined;
  }
}
