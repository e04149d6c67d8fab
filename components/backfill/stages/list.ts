import type { Dirent } from "node:fs";
import { opendir } from "node:fs/promises";
import { basename, dirname, join, relative, sep } from "node:path";
import type { CollectionRole } from "../../contract";
import type { StateFile, StateFolder } from "../state-folder";
import { isBesideFile } from "./beside-file";

/** How many entries were left out, by why. */
export interface Skipped {
  hidden: number;
  temporary: number;
  links: number;
}

/**
 * Lists the state files below a root, role by role, as the folders give them. Hidden entries,
 * `*.tmp` and symbolic links are left out and counted in `skipped`; other foreign entries, and what
 * an export put beside a file, are ignored.
 */
export async function* stateFiles(
  folder: StateFolder,
  skipped: Skipped,
): AsyncGenerator<StateFile> {
  for (const { role, path } of folder.folders) {
    if (role === "artifacts") yield* manifests(folder, path, skipped);
    else yield* filesOfRuns(folder, role, path, skipped);
  }
}

/** The folders in an order in which all that belongs to a run comes before the run. */
export function runsLast(folder: StateFolder): StateFolder {
  const isRuns = ({ role }: StateFolder["folders"][number]) => Number(role === "runs");
  return { ...folder, folders: folder.folders.toSorted((a, b) => isRuns(a) - isRuns(b)) };
}

async function* filesOfRuns(
  { root }: StateFolder,
  role: CollectionRole,
  path: string,
  skipped: Skipped,
): AsyncGenerator<StateFile> {
  const extension = role === "logs" ? ".ndjson" : ".json";
  for await (const entry of entriesIn(path)) {
    if (isSkipped(entry, skipped) || !entry.isFile() || !entry.name.endsWith(extension)) continue;
    const stem = basename(entry.name, extension);
    const file = stateFile(root, role, join(path, entry.name), stem);
    if (role === "logs" || !(await isBesideFile(file))) yield file;
  }
}

async function* manifests(
  { root, layout }: StateFolder,
  path: string,
  skipped: Skipped,
): AsyncGenerator<StateFile> {
  const name = basename(layout.artifactManifest);
  for await (const run of entriesIn(path)) {
    if (isSkipped(run, skipped) || !run.isDirectory()) continue;
    const inside = join(path, run.name, dirname(layout.artifactManifest));
    for await (const entry of entriesIn(inside)) {
      // Beside the manifest are the artifacts themselves, which are none of our business.
      if (!entry.name.includes(name) || isSkipped(entry, skipped)) continue;
      if (entry.name !== name || !entry.isFile()) continue;
      yield stateFile(root, "artifacts", join(inside, name), run.name);
    }
  }
}

/** What is in a folder; a run may have none for its manifest, or it may just have gone. */
export async function* entriesIn(path: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(path);
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "ENOENT")) throw error;
  }
}

function isSkipped(entry: Dirent, skipped: Skipped): boolean {
  const why = entry.name.startsWith(".")
    ? "hidden"
    : entry.name.endsWith(".tmp")
      ? "temporary"
      : entry.isSymbolicLink() && "links";
  if (why) skipped[why] += 1;
  return why !== false;
}

/** The file of a path below the root. */
export function stateFile(
  root: string,
  role: CollectionRole,
  path: string,
  stem: string,
): StateFile {
  return { role, path, name: relative(root, path).split(sep).join("/"), stem };
}
