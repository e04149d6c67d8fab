import { realpath, stat } from "node:fs/promises";
import { join, sep } from "node:path";
import { StateFolderError } from "./errors";
import { type StateAddress, rolesIn } from "./layout";

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
