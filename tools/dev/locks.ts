import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { commandLine } from "../parts";

const lock = z.object({ pid: z.int() });

/**
 * Removes the engine's locks of updates that were killed, as its own error message advises. One
 * that an update still holds stays.
 *
 * @param state the folder of the engine's state backend
 */
export async function removeDeadLocks(state: string): Promise<void> {
  const folder = join(state, ".pulumi", "locks");
  const files = await readdir(folder, { recursive: true }).catch(() => []);
  for (const file of files.filter((name) => name.endsWith(".json"))) {
    const path = join(folder, file);
    const { pid } = lock.parse(JSON.parse(await readFile(path, "utf8")));
    if ((await commandLine(pid))?.includes("pulumi") !== true) await rm(path);
  }
}
