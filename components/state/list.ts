import type { Dirent } from "node:fs";
import { lstat, opendir } from "node:fs/promises";
import { basename, dirname, join, posix } from "node:path";
import type { CollectionRole } from "../contract";
import { ahead } from "./ahead";
import { layout, type StateAddress, type StateFile, rolesIn } from "./address";

/** What the last import, or a shard of it, left out. */
export function quarantineFile(shard?: { readonly number: number; readonly of: number }): string {
  return shard ? `quarantine.${shard.number}-of-${shard.of}.ndjson` : "quarantine.ndjson";
}

/** How many entries were left out, by why. */
export interface Skipped {
  hidden: number;
  temporary: number;
  links: number;
  /** Files with another extension than their folder's, and names that are not UTF-8. */
  foreign: number;
  /** The first three of these, with `/`, below the state directory. */
  foreignNames: string[];
}

export function noneSkipped(): Skipped {
  return { hidden: 0, temporary: 0, links: 0, foreign: 0, foreignNames: [] };
}

/** Lists the state files below a root, role by role, as `filesOf` does. */
export async function* stateFiles(
  address: StateAddress,
  skipped = noneSkipped(),
): AsyncGenerator<StateFile> {
  for (const role of rolesIn(address)) yield* filesOf(address, role, skipped);
}

/**
 * Lists the files of a role below a root, as the folders give them. Hidden entries, `*.tmp`, symbolic links
 * and foreign files are left out and counted in `skipped`.
 */
export function filesOf(
  address: StateAddress,
  role: CollectionRole,
  skipped = noneSkipped(),
): AsyncGenerator<StateFile> {
  return role === "artifacts" ? manifests(address, skipped) : filesOfRuns(address, role, skipped);
}

async function* filesOfRuns(
  address: StateAddress,
  role: CollectionRole,
  skipped: Skipped,
): AsyncGenerator<StateFile> {
  const extension = extensionOf(role);
  const folder = layout[role];
  for await (const entry of readFolder(join(address.root, folder))) {
    if (isSkipped(entry, skipped) || !entry.isFile()) continue;
    const file = fileOf(address, role, basename(entry.name, extension));
    if (entry.name.endsWith(extension) && !(await isNotUtf8(file.path))) yield file;
    else addForeign(skipped, posix.join(folder, entry.name));
  }
}

/** Nothing is found by the text of a name that is not UTF-8. */
async function isNotUtf8(path: string): Promise<boolean> {
  return path.includes("\ufffd") && !(await lstat(path).catch(() => undefined));
}

function addForeign(skipped: Skipped, name: string): void {
  skipped.foreign += 1;
  if (skipped.foreign <= 3) skipped.foreignNames.push(name);
}

async function* manifests(address: StateAddress, skipped: Skipped): AsyncGenerator<StateFile> {
  const look = async (run: Dirent) => {
    const file = fileOf(address, "artifacts", run.name);
    const found = await lstat(file.path).catch(() => undefined);
    if (found?.isFile()) return file;
    await countBeside(file, skipped);
    return undefined;
  };
  for await (const file of ahead(foldersOfRuns(address, skipped), foldersAtOnce, look)) {
    if (file) yield file;
  }
}

async function* foldersOfRuns({ root }: StateAddress, skipped: Skipped) {
  for await (const run of readFolder(join(root, layout.artifacts))) {
    if (isSkipped(run, skipped) || !run.isDirectory()) continue;
    if (!(await isNotUtf8(join(root, layout.artifacts, run.name)))) yield run;
    else addForeign(skipped, posix.join(layout.artifacts, run.name));
  }
}

/** So many folders are looked into at once. */
const foldersAtOnce = 32;

/** Counts what stands where a manifest is missing; the artifacts themselves are none of our business. */
async function countBeside({ path, name }: StateFile, skipped: Skipped): Promise<void> {
  for await (const entry of readFolder(dirname(path))) {
    if (!entry.name.toLowerCase().includes(basename(path).toLowerCase())) continue;
    if (!isSkipped(entry, skipped)) addForeign(skipped, posix.join(dirname(name), entry.name));
  }
}

/** So many entries of a folder are read at once. */
const entriesAtOnce = 256;

/** What is in a folder; a run may have none for its manifest, or it may just have gone. */
async function* readFolder(path: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(path, { bufferSize: entriesAtOnce });
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

/** Whether an error says that there is no such file or folder. */
export function isMissing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code === "ENOENT" || code === "ENOTDIR";
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

/** The file of a role's records of a run, whether it is there or not, by the run's name without an extension. */
export function fileOf({ root }: StateAddress, role: CollectionRole, stem: string): StateFile {
  const file = role === "artifacts" ? `${stem}/artifact-manifest.json` : stem + extensionOf(role);
  const name = `${layout[role]}/${file}`;
  return { role, path: `${root}/${name}`, name, stem };
}

function extensionOf(role: CollectionRole): string {
  return role === "logs" ? ".ndjson" : ".json";
}
