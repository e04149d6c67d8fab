import { randomBytes } from "node:crypto";
import { lstat, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { collectionRoles, type CollectionRole } from "../../contract";
import { entriesIn } from "../stages/list";
import type { StateAddress } from "../state-folder";

const ours = /^\..+\.[0-9a-f]{12}\.tmp$/;

/** An export at work writes to its unfinished file more often than that. */
const leftAfterMs = 60 * 60_000;

/**
 * Where the unfinished file of a place is written: in its folder, and no import reads it. The name
 * is another one each time, because several machines may export into one folder.
 */
export function asideOf(path: string): string {
  return join(dirname(path), `.${basename(path)}.${randomBytes(6).toString("hex")}.tmp`);
}

/** Removes the unfinished files of exports that were killed, once they are an hour old. */
export async function removeLeftovers(address: StateAddress): Promise<void> {
  for (const role of collectionRoles) {
    try {
      for await (const folder of foldersOf(address, role)) await removeIn(folder);
    } catch (error) {
      // They are in nobody's way; the export itself says where it may not write.
      if (!(error instanceof Error && "syscall" in error)) throw error;
    }
  }
}

async function* foldersOf(
  { root, layout }: StateAddress,
  role: CollectionRole,
): AsyncGenerator<string> {
  const folder = join(root, layout[role]);
  if (role !== "artifacts") yield folder;
  else {
    for await (const run of entriesIn(folder)) {
      if (run.isDirectory()) yield join(folder, run.name, dirname(layout.artifactManifest));
    }
  }
}

async function removeIn(folder: string): Promise<void> {
  for await (const { name } of entriesIn(folder)) {
    if (!ours.test(name)) continue;
    const path = join(folder, name);
    const found = await lstat(path).catch(() => undefined);
    if (!found?.isFile() || Date.now() - found.mtimeMs < leftAfterMs) continue;
    await rm(path, { force: true });
  }
}
