import type { Dir, Dirent } from "node:fs";
import { opendir } from "node:fs/promises";
import { basename, dirname, join, posix } from "node:path";
import { type CollectionRole, type StateFolders, type Store, collectionRoles } from "../contract";
import { mapLimit } from "./concurrency";
import { isMissing, isSystemError } from "./errors";
import { lookUp } from "./file-stat";
import { ownFiles } from "./own-files";
import type { StepForms } from "./step-forms";

/** A file of state, or a job. */
export interface StateFile<Role extends Store = CollectionRole> {
  readonly role: Role;
  readonly path: string;
  /** The path below the state directory with `/`, as in reports. */
  readonly name: string;
  /** The run's id with `_` for each character that a file name cannot contain. */
  readonly baseName: string;
  /** The address's forms. */
  readonly forms?: StepForms | undefined;
}

/** The location of filesystem state. */
export interface StateAddress {
  /** The state directory, as an absolute path. */
  readonly root: string;
  /** The stores that are read and written; the files of others stay as they are. */
  readonly folders: StateFolders;
  /** How the services write the enumerations inside `steps`. Default: `usualForms`. */
  readonly forms?: StepForms | undefined;
}

/** The roles whose files are read and written, in the contract's order. */
export function rolesIn({ folders }: Pick<StateAddress, "folders">): CollectionRole[] {
  return collectionRoles.filter((role) => folders[role] !== undefined);
}

/**
 * The id of the run whose files have a base name; undefined if the id inside the run's file may be another: `_` may
 * replace a character, `%` may encode one, and others have several forms in Unicode.
 */
export function plainRunId(baseName: string): string | undefined {
  return /[_%]|[^\x20-\x7e]/.test(baseName) ? undefined : baseName;
}

/** Lists the entries below a directory's folders that are not state. */
export async function skippedIn(address: StateAddress): Promise<Skipped> {
  const skipped = noneSkipped();
  const roles = rolesIn(address).filter((role) => role !== "artifacts");
  for (const role of roles) {
    const files = filesOf(address, role, skipped);
    // The listing counts as it goes.
    while ((await files.next()).done !== true);
  }
  return skipped;
}

/** Lists the state files below a root, role by role, as `filesOf` does. */
export async function* stateFiles(
  address: StateAddress,
  skipped = noneSkipped(),
): AsyncGenerator<StateFile> {
  for (const role of rolesIn(address)) {
    for await (const files of filesOf(address, role, skipped)) yield* files;
  }
}

/**
 * Lists the files of a role below a root in blocks, in the order of the file system. Counts omitted entries in
 * `skipped`. Of a run's artifacts, only the manifest is listed; of the queue, each file, whatever its name.
 *
 * @param isListed whether a run's manifest was listed before, so that it is omitted; default: none was
 */
export async function* filesOf<Role extends Store>(
  address: StateAddress,
  role: Role,
  skipped = noneSkipped(),
  isListed: (baseName: string) => boolean = () => false,
): AsyncGenerator<readonly StateFile<Role>[]> {
  const folder = address.folders[role];
  if (folder === undefined) return;
  const isWhole = role !== "logs";
  const findRunFiles = async (entries: readonly Dirent[]) => {
    const files: StateFile<Role>[] = [];
    // The listing is usually enough. A promise for each entry would cost more than everything else.
    for (const entry of entries) {
      if (role === "queue" && entry.name === jobArchive && !entry.isFile()) continue;
      const file = fileOf(address, role, basename(entry.name, extensionOf(role)));
      const isOfRole = entry.isFile() && entry.name.endsWith(extensionOf(role));
      const isUnknown = isWhole && (entry.isDirectory() || entry.isSymbolicLink());
      if (isOfRole && (isDecoded(file.path) || (await lookUp(file.path)))) files.push(file);
      else leaveOut(skipped, isUnknown ? "unknown" : "foreign", posix.join(folder, entry.name));
    }
    return files;
  };
  const findManifest = async (run: Dirent) => {
    const name = posix.join(folder, run.name);
    // Another store may be in this one's folder.
    if (Object.values<string>(address.folders).includes(name)) return [];
    if (!run.isDirectory()) return leaveOut(skipped, "foreign", name);
    if (isListed(run.name)) return [];
    const file = fileOf(address, role, run.name);
    const ofRun = dirname(file.path);
    if (!isDecoded(ofRun) && !(await lookUp(ofRun))) return leaveOut(skipped, "foreign", name);
    const found = await lookUp(file.path);
    if (found?.isFile()) return [file];
    // A run's artifacts may be there before their manifest.
    const own = fileOf(address, "runs", run.name).path;
    if (!(await lookUp(own))) await skipForeign(address, skipped, name);
    return [];
  };
  for await (const entries of readFolder(join(address.root, folder))) {
    const wanted = entries.filter((entry) => !isSkipped(entry, skipped));
    const files =
      role === "artifacts"
        ? (await mapLimit(looksAtOnce, wanted, findManifest)).flat()
        : await findRunFiles(wanted);
    if (files.length > 0) yield files;
  }
}

/** Counts the files of runs by the names in their folders, without a look at a file: an estimate. */
export async function countFiles({ root, folders }: StateAddress): Promise<number> {
  let count = 0;
  for (const role of rolesIn({ folders })) {
    const isOfRole = (entry: Dirent) =>
      role === "artifacts" ? entry.isDirectory() : entry.name.endsWith(extensionOf(role));
    for await (const entries of readFolder(join(root, folders[role] ?? ""))) {
      count += entries.filter(isOfRole).length;
    }
  }
  return count;
}

/** Whether a path is as it was decoded. A name that is not UTF-8 becomes a text under which no file is found. */
function isDecoded(path: string): boolean {
  return !path.includes("\ufffd");
}

/** Maximum number of entries that are looked up at once. */
const looksAtOnce = 32;

/** The file of a run's records of one role, by base name, whether it exists or not. */
export function fileOf<Role extends Store>(
  { root, folders, forms }: StateAddress,
  role: Role,
  baseName: string,
): StateFile<Role> {
  const file =
    role === "artifacts" ? `${baseName}/artifact-manifest.json` : baseName + extensionOf(role);
  const name = `${folders[role] ?? ""}/${file}`;
  return { role, path: `${root}/${name}`, name, baseName, forms };
}

/** The base name in a file's name, as `fileOf` gives it. */
export function baseNameOf(role: CollectionRole, name: string): string {
  return basename(role === "artifacts" ? dirname(name) : name, extensionOf(role));
}

function extensionOf(role: Store): string {
  // How the services name a job's file is not known.
  if (role === "queue") return "";
  return role === "logs" ? ".ndjson" : ".json";
}

/** The folder, in the queue's folder or beside it, to which the worker moves a job that it takes (assumed). */
export const jobArchive = "archive";

/** The number of directory entries that a listing skipped, by reason, and the first three names of some, with `/`. */
export interface Skipped {
  /** Hidden entries, and `lost+found`. */
  hidden: number;
  /** Files that end in `.tmp`. */
  temporary: number;
  /** Entries that belong to no store, or are not state by their name or kind. */
  foreign: number;
  foreignNames: string[];
  /** Folders and links below the folders of runs, approvals and jobs: nothing in them is read, and a service may. */
  unknown: number;
  unknownNames: string[];
}

export function noneSkipped(): Skipped {
  return {
    hidden: 0,
    temporary: 0,
    foreign: 0,
    foreignNames: [],
    unknown: 0,
    unknownNames: [],
  };
}

/**
 * Counts the files below a folder of the state directory that belong to no store, such as provenance.
 *
 * @param folder with `/`, below the state directory; default the directory itself
 */
export async function skipForeign(
  { root, folders }: { readonly root: string; readonly folders: StateFolders },
  skipped: Skipped,
  folder = "",
): Promise<void> {
  const others = [...Object.values<string>(ownFiles), ...Object.values(folders)];
  try {
    for await (const entries of readFolder(join(root, folder))) {
      for (const entry of entries) {
        const name = posix.join(folder, entry.name);
        if (others.includes(name) || isSkipped(entry, skipped)) continue;
        if (entry.isDirectory()) await skipForeign({ root, folders }, skipped, name);
        else leaveOut(skipped, "foreign", name);
      }
    }
  } catch (error) {
    // Another service may not let this user look into its folder.
    if (!isSystemError(error)) throw error;
    leaveOut(skipped, "foreign", posix.join(folder));
  }
}

function leaveOut(skipped: Skipped, why: "foreign" | "unknown", name: string): [] {
  skipped[why] += 1;
  if (skipped[why] <= 3) skipped[`${why}Names`].push(name);
  return [];
}

/** Maximum number of entries of a folder in a block. */
const entriesAtOnce = 250;

/** Lists a folder in blocks; a missing one counts as empty, because it may have just been deleted. */
async function* readFolder(path: string): AsyncGenerator<Dirent[]> {
  let folder: Dir | undefined;
  try {
    folder = await opendir(path, { bufferSize: entriesAtOnce });
    for (let first = await folder.read(); first; first = await folder.read()) {
      const entries = [first];
      // The system call for the first entry also read these; a promise for each would cost more than everything else.
      for (let next = folder.readSync(); next; next = folder.readSync()) {
        if (entries.push(next) === entriesAtOnce) break;
      }
      yield entries;
    }
  } catch (error) {
    if (!isMissing(error)) throw error;
  } finally {
    await folder?.close();
  }
}

function isSkipped(entry: Dirent, skipped: Skipped): boolean {
  const isHidden = entry.name.startsWith(".") || entry.name === "lost+found";
  const why = isHidden ? "hidden" : entry.isFile() && entry.name.endsWith(".tmp") && "temporary";
  if (why) skipped[why] += 1;
  return why !== false;
}
