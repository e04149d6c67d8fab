import type { Dirent } from "node:fs";
import { lstat, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, posix, sep } from "node:path";
import { type CollectionRole, type StateFolders, type Store, collectionRoles } from "../contract";
import { mapLimit } from "./concurrency";
import { StateFolderError } from "./errors";
import { type Skipped, isSkipped, leaveOut, noneSkipped, readFolder, skipForeign } from "./skipped";
import type { StepForms } from "./step-forms";

/** A file of state, or a job. */
export interface StateFile<Role extends Store = CollectionRole> {
  readonly role: Role;
  readonly path: string;
  /** The path below the state directory with `/`, as reports name it. */
  readonly name: string;
  /** The run's id with `_` for each character that a file name cannot contain. */
  readonly baseName: string;
  /** The address's. */
  readonly forms?: StepForms | undefined;
}

/** Where filesystem state is. */
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
 * Checks a state directory before anything is read.
 *
 * @throws StateFolderError if the root is missing, has none of the stores' folders, or one of them is a link out of it
 */
export async function requireState(address: StateAddress): Promise<void> {
  const { root, folders } = address;
  if (!(await isFolder(root))) {
    throw new StateFolderError(
      `The state directory ${root} is not a readable directory. Nothing was written. ` +
        `Set backfill.source.path to the directory that contains ${folders.runs}.`,
    );
  }
  await requireInside(address);
  const expected = rolesIn(address).flatMap((role) => folders[role] ?? []);
  const found = await Promise.all(expected.map((folder) => isFolder(join(root, folder))));
  if (found.includes(true)) return;
  throw new StateFolderError(
    `The state directory ${root} has none of the directories ${expected.join(", ")}. Nothing was written. ` +
      "Fix backfill.source.path; if there is no state, remove backfill.",
  );
}

/** Whether a path is a folder or a link to one. */
export async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

/**
 * Checks that no folder of a store is a link out of the root, which must exist. Other links are not followed,
 * so everything that is read or written is inside.
 *
 * @throws StateFolderError if a folder is a link out of the root
 */
export async function requireInside(address: StateAddress): Promise<void> {
  const inside = await realpath(address.root);
  for (const folder of Object.values(address.folders)) {
    const path = join(address.root, folder);
    const real = await realpath(path).catch(() => inside);
    if (real === inside || real.startsWith(inside + sep)) continue;
    throw new StateFolderError(
      `${path} is a link out of the state directory, to ${real}. Nothing was written. ` +
        "Move the directory itself into the state directory, or set backfill.source.path to its parent.",
    );
  }
}

/**
 * The base names that a run's files can have: first that of the writer's own system, then that of Windows. They have
 * `_` for each character that a file name cannot contain, so two ids can share a name.
 */
export function fileBaseNames(runId: string): string[] {
  const baseName = runId.replace(/[/\0]/g, "_");
  return [...new Set([baseName, baseName.replace(/[\x01-\x1f<>:"\\|?*]/g, "_")])];
}

/** The id of the run whose files have a base name; undefined if an `_` in it may replace another character. */
export function plainRunId(baseName: string): string | undefined {
  return baseName.includes("_") ? undefined : baseName;
}

/** Lists what a directory has below its folders besides state. */
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
 * Lists the files of a role below a root in blocks, in the order of the file system. What is omitted is counted in
 * `skipped`; of a run's artifacts only the manifest is looked for.
 *
 * @param isListed whether a run's manifest was listed before, so that it is omitted; default none was
 */
export async function* filesOf<Role extends Store>(
  address: StateAddress,
  role: Role,
  skipped = noneSkipped(),
  isListed: (baseName: string) => boolean = () => false,
): AsyncGenerator<readonly StateFile<Role>[]> {
  const folder = address.folders[role];
  if (folder === undefined) return;
  const isWhole = role === "runs" || role === "approvals";
  const findRunFile = async (entry: Dirent) => {
    const file = fileOf(address, role, basename(entry.name, extensionOf(role)));
    const isOfRole = entry.isFile() && entry.name.endsWith(extensionOf(role));
    if (isOfRole && !(await isNotUtf8(file.path))) return [file];
    const isUnknown = isWhole && (entry.isDirectory() || entry.isSymbolicLink());
    return leaveOut(skipped, isUnknown ? "unknown" : "foreign", posix.join(folder, entry.name));
  };
  const findManifest = async (run: Dirent) => {
    const name = posix.join(folder, run.name);
    // Another store may be in this one's folder.
    if (Object.values<string>(address.folders).includes(name)) return [];
    if (!run.isDirectory()) return leaveOut(skipped, "foreign", name);
    if (isListed(run.name)) return [];
    const file = fileOf(address, role, run.name);
    if (await isNotUtf8(dirname(file.path))) return leaveOut(skipped, "foreign", name);
    const found = await lstat(file.path).catch(() => undefined);
    if (found?.isFile()) return [file];
    // A run's artifacts may be there before their manifest.
    const ofRun = await lstat(fileOf(address, "runs", run.name).path).catch(() => undefined);
    if (!ofRun) await skipForeign(address, skipped, name);
    return [];
  };
  for await (const entries of readFolder(join(address.root, folder))) {
    const wanted = entries.filter((entry) => !isSkipped(entry, skipped));
    // Of a run's file the listing says all, mostly.
    const found =
      role === "artifacts"
        ? await mapLimit(looksAtOnce, wanted, findManifest)
        : await Promise.all(wanted.map(findRunFile));
    const files = found.flat();
    if (files.length > 0) yield files;
  }
}

/** A name that is not UTF-8 is decoded to a text under which no file is found. */
async function isNotUtf8(path: string): Promise<boolean> {
  return path.includes("\ufffd") && !(await lstat(path).catch(() => undefined));
}

/** The maximum number of entries that are looked up at once. */
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

function extensionOf(role: Store): string {
  return role === "logs" ? ".ndjson" : ".json";
}
