import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { basename, dirname, join } from "node:path";
import { oneAtATime } from "./lock";
import { commandLine } from "./running";

/** The user's cache folder of local parts; `XDG_CACHE_HOME` moves it. */
export function cacheFolder(): string {
  const { XDG_CACHE_HOME: moved = "" } = process.env;
  return join(moved === "" ? join(homedir(), ".cache") : moved, "taskrunner-storage");
}

/**
 * The folder of a part in the cache: the part's name and a key of everything that it is made from.
 *
 * @param part such as `pulumi-v3.274.1`
 * @param madeFrom versions, platform and the text of files that pin the rest
 */
export function partFolder(part: string, madeFrom: readonly string[]): string {
  const key = createHash("sha256").update(JSON.stringify(madeFrom)).digest("hex").slice(0, 12);
  return join(cacheFolder(), `${part}-${key}`);
}

/**
 * Makes a part's folder unless it is there. It is filled aside and then renamed, so a folder that
 * is there is whole. Where two programs want the same part, the second waits for the first.
 *
 * @param fill puts the part into the empty folder that it is given, which is moved afterwards
 */
export async function fillOnce(
  folder: string,
  fill: (aside: string) => Promise<void>,
): Promise<void> {
  await mkdir(dirname(folder), { recursive: true });
  await oneAtATime(`${folder}.lock`, async () => {
    if (!existsSync(folder)) await fillAside(folder, fill);
  });
}

async function fillAside(folder: string, fill: (aside: string) => Promise<void>): Promise<void> {
  await removeLeftovers(folder);
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

/** Removes what programs left that were ended in the middle. */
async function removeLeftovers(folder: string): Promise<void> {
  const start = `${basename(folder)}.unfinished-`;
  for (const name of await readdir(dirname(folder))) {
    if (!name.startsWith(start)) continue;
    const filler = await commandLine(Number(name.slice(start.length)));
    if (filler === undefined) await rm(join(dirname(folder), name), { recursive: true });
  }
}
