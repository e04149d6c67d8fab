import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { check, lock } from "proper-lockfile";
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

/** A program that was killed no longer renews its lock, which is then stale. */
const locking = {
  realpath: false,
  stale: 5_000,
  retries: { forever: true, minTimeout: 500, maxTimeout: 500 },
  // It only saves double work: after a long pause of this machine two programs may fill at once.
  onCompromised: () => undefined,
};

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
  if (await check(folder, locking)) printLine(`${folder}: waiting for whoever makes the same`);
  const release = await lock(folder, locking);
  try {
    if (!existsSync(folder)) await fillAside(folder, fill);
  } finally {
    await release().catch(() => undefined);
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
