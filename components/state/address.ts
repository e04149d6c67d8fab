import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { type CollectionRole, collectionRoles } from "../contract";
import { StateFolderError } from "./errors";

/** A file of state. */
export interface StateFile {
  readonly role: CollectionRole;
  readonly path: string;
  /** The path below the state directory with `/`, as reports name it. */
  readonly name: string;
  /** The run's id as file names write it: a character that a name cannot hold is `_`. */
  readonly stem: string;
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
export function fileStems(runId: string): string[] {
  const stem = runId.replace(/[/\0]/g, "_");
  return [...new Set([stem, stem.replace(/[\x01-\x1f<>:"\\|?*]/g, "_")])];
}
