import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { type CollectionRole, collectionRoles } from "../contract";
import type { Layout } from "../settings";
import { StateFolderError } from "./errors";

/** A file of state. */
export interface StateFile {
  readonly role: CollectionRole;
  readonly path: string;
  /** The path below the state root with `/`, as reports name it. */
  readonly name: string;
  /** The run's id as file names write it: a character that a name cannot hold is `_`. */
  readonly stem: string;
}

/** Where filesystem state is: `root` is absolute, the layout's paths are below it. */
export interface StateAddress {
  readonly root: string;
  readonly layout: Layout;
  /** Whether approvals are read; without it their files are left alone. */
  readonly approvals: boolean;
}

/** A state root that was looked at: the folders that are there, in the contract's order. */
export interface StateFolder {
  readonly root: string;
  readonly layout: Layout;
  readonly folders: readonly { readonly role: CollectionRole; readonly path: string }[];
}

/**
 * Looks at a state root before anything is read or written.
 *
 * @throws StateFolderError where the root is not there, a folder of the layout leads out of it
 *   (symbolic links are not followed), or none of the layout's folders is there
 */
export async function openStateFolder(address: StateAddress): Promise<StateFolder> {
  const { root, layout, approvals } = address;
  const realRoot = await existingFolder(root);
  if (realRoot === undefined) {
    throw new StateFolderError(
      `The state root ${root} is not a folder that can be read. Nothing was written. ` +
        `Set backfill.source.path to the folder that holds ${layout.runs}.`,
    );
  }
  const roles = collectionRoles.filter((role) => role !== "approvals" || approvals);
  const folders = [];
  for (const role of roles) {
    const path = join(root, layout[role]);
    const real = await existingFolder(path);
    if (real === undefined) continue;
    requireInside(realRoot, real, path);
    folders.push({ role, path });
  }
  if (folders.length === 0)
    throw noState(
      root,
      roles.map((role) => layout[role]),
    );
  return { root, layout, folders };
}

async function existingFolder(path: string): Promise<string | undefined> {
  try {
    return (await stat(path)).isDirectory() ? await realpath(path) : undefined;
  } catch {
    return undefined;
  }
}

function requireInside(realRoot: string, real: string, path: string): void {
  if (real.startsWith(realRoot + sep) || real === realRoot) return;
  throw new StateFolderError(
    `${path} leads out of the state root, to ${real}. Nothing was written. ` +
      `Put the folder itself below the root, or set backfill.source.path to where it is.`,
  );
}

function noState(root: string, expected: readonly string[]): StateFolderError {
  return new StateFolderError(
    `The state root ${root} has none of the folders ${expected.join(", ")}. Nothing was written. ` +
      `Correct backfill.source.path or advanced.layout; where there is no state, leave backfill out.`,
  );
}

/**
 * A run's id as file names write it, without their extension: as the writer's own system has it
 * first, then as a Windows system has it. A character that a file name cannot hold is `_` there, so
 * two ids can share a name.
 */
export function fileStems(runId: string): string[] {
  const stem = runId.replace(/[/\0]/g, "_");
  return [...new Set([stem, stem.replace(/[\x01-\x1f<>:"\\|?*]/g, "_")])];
}
