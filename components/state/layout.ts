import type { Dir, Dirent } from "node:fs";
import { lstat, opendir, realpath, stat } from "node:fs/promises";
import { basename, dirname, join, posix, sep } from "node:path";
import { type CollectionRole, collectionRoles } from "../contract";
import { mapLimit } from "./concurrency";
import { StateFolderError, isMissing } from "./errors";

/** A file of state. */
export interface StateFile {
  readonly role: CollectionRole;
  readonly path: string;
  /** The path below the state directory with `/`, as reports name it. */
  readonly name: string;
  /** The run's id as file names write it: a character that a name cannot hold is `_`. */
  readonly baseName: string;
}

/** The folders of the services' filesystem stores below the state directory, by role. */
export const layout = {
  runs: "state/runs",
  approvals: "state/approvals",
  logs: "logs/runs",
  artifacts: "artifacts",
} as const satisfies Record<CollectionRole, string>;

/** Where filesystem state is. */
export interface StateAddress {
  /** The state directory, as an absolute path. */
  readonly root: string;
  /** Whether approvals are read; without it their files stay as they are. */
  readonly approvals: boolean;
}

/** The roles whose files are read and written, in the contract's order. */
export function rolesIn({ approvals }: Pick<StateAddress, "approvals">): CollectionRole[] {
  return collectionRoles.filter((role) => role !== "approvals" || approvals);
}

/**
 * Looks at a state directory before anything is read.
 *
 * @throws StateFolderError if the root is not there, a folder of the layout leads out of it, or none
 *   of the layout's folders is there
 */
export async function requireState(address: StateAddress): Promise<void> {
  const { root } = address;
  if (!(await isFolder(root))) {
    throw new StateFolderError(
      `The state directory ${root} is not a readable directory. Nothing was written. ` +
        `Set backfill.source.path to the directory that contains ${layout.runs}.`,
    );
  }
  await requireInside(address);
  const expected = rolesIn(address).map((role) => layout[role]);
  const found = await Promise.all(expected.map((folder) => isFolder(join(root, folder))));
  if (found.includes(true)) return;
  throw new StateFolderError(
    `The state directory ${root} has none of the directories ${expected.join(", ")}. Nothing was written. ` +
      "Fix backfill.source.path; if there is no state, remove backfill.",
  );
}

/** Whether a path is a folder, by itself or by a link. */
export async function isFolder(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isDirectory() ?? false;
}

/**
 * Checks that every folder of the layout that is there is below the root, which is there: what is read
 * or written is inside (symbolic links are not followed).
 *
 * @throws StateFolderError if one leads out of it
 */
export async function requireInside(address: StateAddress): Promise<void> {
  const inside = await realpath(address.root);
  for (const role of rolesIn(address)) {
    const path = join(address.root, layout[role]);
    const real = await realpath(path).catch(() => inside);
    if (real === inside || real.startsWith(inside + sep)) continue;
    throw new StateFolderError(
      `${path} is a link out of the state directory, to ${real}. Nothing was written. ` +
        "Move the directory itself into the state directory, or set backfill.source.path to its parent.",
    );
  }
}

/**
 * A run's id as file names write it, without their extension: as the writer's own system has it
 * first, then as a Windows system has it. A character that a file name cannot hold is `_` there, so
 * two ids can share a name.
 */
export function fileBaseNames(runId: string): string[] {
  const baseName = runId.replace(/[/\0]/g, "_");
  return [...new Set([baseName, baseName.replace(/[\x01-\x1f<>:"\\|?*]/g, "_")])];
}

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
  for (const role of rolesIn(address)) {
    for await (const files of filesOf(address, role, skipped)) yield* files;
  }
}

/**
 * Lists the files of a role below a root in blocks, as the folders give them. Hidden entries, `*.tmp`, symbolic
 * links and foreign files are left out and counted in `skipped`.
 *
 * @param isListed tells whether a run's manifest was listed, which is left out then; default none was
 */
export async function* filesOf(
  address: StateAddress,
  role: CollectionRole,
  skipped = noneSkipped(),
  isListed: (baseName: string) => boolean = () => false,
): AsyncGenerator<readonly StateFile[]> {
  const folder = layout[role];
  const findRunFile = async (entry: Dirent) => {
    if (!entry.isFile()) return [];
    const file = fileOf(address, role, basename(entry.name, extensionOf(role)));
    if (entry.name.endsWith(extensionOf(role)) && !(await isNotUtf8(file.path))) return [file];
    return addForeign(skipped, posix.join(folder, entry.name));
  };
  const findManifest = async (run: Dirent) => {
    if (!run.isDirectory() || isListed(run.name)) return [];
    const file = fileOf(address, role, run.name);
    if (await isNotUtf8(dirname(file.path))) return addForeign(skipped, dirname(file.name));
    const found = await lstat(file.path).catch(() => undefined);
    if (found?.isFile()) return [file];
    // Count folders without a manifest; the artifacts themselves do not matter.
    const isAlike = ({ name }: Dirent) => name.toLowerCase().includes(basename(file.path));
    for await (const entries of readFolder(dirname(file.path))) {
      const others = entries.filter((entry) => isAlike(entry) && !isSkipped(entry, skipped));
      for (const { name } of others) addForeign(skipped, `${dirname(file.name)}/${name}`);
    }
    return [];
  };
  const find = role === "artifacts" ? findManifest : findRunFile;
  for await (const entries of readFolder(join(address.root, folder))) {
    const wanted = entries.filter((entry) => !isSkipped(entry, skipped));
    const files = (await mapLimit(looksAtOnce, wanted, find)).flat();
    if (files.length > 0) yield files;
  }
}

/** Nothing is found by the text of a name that is not UTF-8. */
async function isNotUtf8(path: string): Promise<boolean> {
  return path.includes("\ufffd") && !(await lstat(path).catch(() => undefined));
}

function addForeign(skipped: Skipped, name: string): [] {
  skipped.foreign += 1;
  if (skipped.foreign <= 3) skipped.foreignNames.push(name);
  return [];
}

/** The number of entries of a folder that are read together, and of those that are looked at together. */
const [entriesAtOnce, looksAtOnce] = [250, 32];

/** What is in a folder; a run may have none for its manifest, or it may just have gone. */
async function* readFolder(path: string): AsyncGenerator<Dirent[]> {
  let folder: Dir | undefined;
  try {
    folder = await opendir(path, { bufferSize: entriesAtOnce });
    for (let first = await folder.read(); first; first = await folder.read()) {
      const entries = [first];
      // They were read with the first one: a promise for each costs more than all else.
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
  const why = entry.name.startsWith(".")
    ? "hidden"
    : entry.name.endsWith(".tmp")
      ? "temporary"
      : entry.isSymbolicLink() && "links";
  if (why) skipped[why] += 1;
  return why !== false;
}

/** The file of a role's records of a run, whether it is there or not, by the run's name without an extension. */
export function fileOf({ root }: StateAddress, role: CollectionRole, baseName: string): StateFile {
  const file =
    role === "artifacts" ? `${baseName}/artifact-manifest.json` : baseName + extensionOf(role);
  const name = `${layout[role]}/${file}`;
  return { role, path: `${root}/${name}`, name, baseName };
}

function extensionOf(role: CollectionRole): string {
  return role === "logs" ? ".ndjson" : ".json";
}
