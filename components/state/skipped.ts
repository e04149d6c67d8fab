import type { Dir, Dirent } from "node:fs";
import { opendir } from "node:fs/promises";
import { join, posix } from "node:path";
import type { StateFolders } from "../contract";
import { isMissing, isSystemError } from "./errors";
import { ownFiles } from "./own-files";

/** The number of directory entries that a listing skipped, by reason, and the first three names of some, with `/`. */
export interface Skipped {
  /** Hidden entries, and `lost+found`. */
  hidden: number;
  /** Files that end in `.tmp`. */
  temporary: number;
  /** What belongs to no store, or is not state by its name or its kind. */
  foreign: number;
  foreignNames: string[];
  /** Folders and links below the folders of runs and approvals: no import reads a run in them, and a service may. */
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

export function leaveOut(skipped: Skipped, why: "foreign" | "unknown", name: string): [] {
  skipped[why] += 1;
  if (skipped[why] <= 3) skipped[`${why}Names`].push(name);
  return [];
}

/** The maximum number of entries of a folder in a block. */
const entriesAtOnce = 250;

/** Lists a folder in blocks; a missing one counts as empty, because it may have just been deleted. */
export async function* readFolder(path: string): AsyncGenerator<Dirent[]> {
  let folder: Dir | undefined;
  try {
    folder = await opendir(path, { bufferSize: entriesAtOnce });
    for (let first = await folder.read(); first; first = await folder.read()) {
      const entries = [first];
      // The system call for the first entry also read these; a promise for each would cost more than all else.
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

export function isSkipped(entry: Dirent, skipped: Skipped): boolean {
  const isHidden = entry.name.startsWith(".") || entry.name === "lost+found";
  const why = isHidden ? "hidden" : entry.isFile() && entry.name.endsWith(".tmp") && "temporary";
  if (why) skipped[why] += 1;
  return why !== false;
}
