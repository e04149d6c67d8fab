import type { Dirent } from "node:fs";
import { lstat, open, opendir } from "node:fs/promises";
import { basename, dirname, join, posix } from "node:path";
import type { CollectionRole } from "../contract";
import { type StateAddress, type StateFile, fileStems, rolesIn } from "./address";
import { Refusal } from "./errors";
import { isJsonObject } from "./json/object";
import { readTexts } from "./read";
import { parse } from "./records";
import { memberOf } from "./unpack";

/** How many entries were left out, by why. */
export interface Skipped {
  hidden: number;
  temporary: number;
  links: number;
}

export const noneSkipped = (): Skipped => ({ hidden: 0, temporary: 0, links: 0 });

/** Lists the state files below a root, role by role, as `filesOf` does. */
export async function* stateFiles(
  address: StateAddress,
  skipped = noneSkipped(),
): AsyncGenerator<StateFile> {
  for (const role of rolesIn(address)) yield* filesOf(address, role, skipped);
}

/**
 * Lists the files of a role below a root, as the folders give them. Hidden entries, `*.tmp` and symbolic
 * links are left out and counted in `skipped`; other foreign entries, and what an export put beside a file,
 * are ignored.
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
  for await (const entry of entriesIn(join(address.root, address.layout[role]))) {
    if (isSkipped(entry, skipped) || !entry.isFile() || !entry.name.endsWith(extension)) continue;
    const file = fileOf(address, role, basename(entry.name, extension));
    if (role === "logs" || !(await isBesideFile(file))) yield file;
  }
}

async function* manifests(address: StateAddress, skipped: Skipped): AsyncGenerator<StateFile> {
  for await (const run of entriesIn(join(address.root, address.layout.artifacts))) {
    if (isSkipped(run, skipped) || !run.isDirectory()) continue;
    const file = fileOf(address, "artifacts", run.name);
    const found = await lstat(file.path).catch(() => undefined);
    if (found?.isFile()) yield file;
    else await countBeside(file.path, skipped);
  }
}

/** Counts what stands where a manifest is missing; the artifacts themselves are none of our business. */
async function countBeside(manifest: string, skipped: Skipped): Promise<void> {
  const name = basename(manifest);
  for await (const entry of entriesIn(dirname(manifest))) {
    if (entry.name.includes(name)) isSkipped(entry, skipped);
  }
}

/** What is in a folder; a run may have none for its manifest, or it may just have gone. */
export async function* entriesIn(path: string): AsyncGenerator<Dirent> {
  try {
    yield* await opendir(path);
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
export function fileOf(
  { root, layout }: StateAddress,
  role: CollectionRole,
  stem: string,
): StateFile {
  const name =
    role === "artifacts"
      ? posix.join(layout.artifacts, stem, layout.artifactManifest)
      : posix.join(layout[role], stem + extensionOf(role));
  return { role, path: join(root, name), name, stem };
}

function extensionOf(role: CollectionRole): string {
  return role === "logs" ? ".ndjson" : ".json";
}

/** What the name of such a file has before its extension. */
const mark = ".mongo";

/**
 * What the names of a run's files have in common with those of any run that may have to do with one of
 * them: a name is lossy, and may be that of what is beside another run's file.
 */
export function commonName(runId: string): string {
  let name = fileStems(runId).at(-1) ?? "";
  while (name.endsWith(mark)) name = name.slice(0, -mark.length);
  return name;
}

/** How an export begins a list of log entries, as no other writer sets out a list. */
const beginOfEntries = "[\n{";

/**
 * Whether a file is MongoDB's side of a conflict, which an export put beside the file for a person
 * to read. The name alone does not say it: a run's id may end in `.mongo` too.
 */
export async function isBesideFile({ path, stem }: StateFile): Promise<boolean> {
  return stem.endsWith(mark) && isSideOf(path, stem.slice(0, -mark.length));
}

/**
 * Whether a file holds MongoDB's side of the file of a name without its extension: every record
 * inside names that run, or it is a list of log entries as an export writes it. One that is not
 * there or cannot be read is none.
 */
export async function isSideOf(path: string, stem: string): Promise<boolean> {
  try {
    if ((await beginOf(path, beginOfEntries.length)) === beginOfEntries) return true;
    const ids = await runIdsIn(path);
    return ids.length > 0 && ids.every((id) => isNamed(id, stem));
  } catch (error) {
    if (error instanceof Refusal || (error instanceof Error && "syscall" in error)) return false;
    throw error;
  }
}

function isNamed(runId: unknown, stem: string): boolean {
  return typeof runId === "string" && fileStems(runId).includes(stem);
}

async function beginOf(path: string, length: number): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.toString("utf8", 0, bytesRead);
  } finally {
    await file.close();
  }
}

/** What the records of a file say whose they are; none where it is empty. */
async function runIdsIn(path: string): Promise<unknown[]> {
  for await (const [text] of readTexts({ role: "runs", path, name: "", stem: "" })) {
    const value = text && parse(text);
    const records: readonly unknown[] = Array.isArray(value) ? value : [value];
    return records.map((record) => (isJsonObject(record) ? memberOf(record, "runId") : undefined));
  }
  return [];
}
