import { readFile, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Store } from "../contract";
import { isMissing, refusalIn } from "./errors";
import type { StateAddress, StateFile } from "./layout";
import { ownFiles } from "./own-files";
import { isOneFile, makeFolder, moveFile, publish, syncFolders } from "./publish";

/** Moves files to `superseded/`, in their order. */
export async function supersede(
  { root }: StateAddress,
  files: readonly StateFile<Store>[],
): Promise<void> {
  const touched: string[] = [];
  for (const file of files) {
    const to = await moveAside(file, join(root, ownFiles.superseded));
    touched.push(dirname(file.path), dirname(to));
  }
  await syncFolders(touched);
}

/** Moves a file into a folder or, if its name there is taken, into a further one; returns its new path. */
export async function moveAside({ path, name }: StateFile<Store>, folder: string): Promise<string> {
  for (let at = 1; ; at += 1) {
    const to = join(at === 1 ? folder : `${folder}.${at}`, name);
    await makeFolder(dirname(to));
    if (await moveOrCopy(path, to)) return to;
  }
}

/**
 * Copies a file into a folder or, if its name there is taken by another content, into a further one; returns the copy's
 * path.
 *
 * @throws WriteError if there is no space or no permission
 */
export async function copyAside(
  { path, name }: Pick<StateFile<Store>, "path" | "name">,
  folder: string,
): Promise<string> {
  const content = await readFile(path);
  for (let at = 1; ; at += 1) {
    const to = join(at === 1 ? folder : `${folder}.${at}`, name);
    const known = await readFile(to).catch((error: unknown) => {
      if (!isMissing(error)) throw error;
    });
    if (known?.equals(content)) return to;
    if (known !== undefined) continue;
    await publish(to, undefined, (file) => file.writeFile(content));
    await syncFolders([dirname(to)]);
    return to;
  }
}

/**
 * Moves a file; copies and deletes it if the destination is on another volume. Returns false if another file exists
 * there.
 */
export async function moveOrCopy(path: string, to: string): Promise<boolean> {
  try {
    return await moveFile(path, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EXDEV") throw error;
  }
  try {
    await publish(to, undefined, async (file) => file.writeFile(await readFile(path)));
  } catch (error) {
    refusalIn(error);
    if (!(await isOneFile(path, to))) return false;
  }
  await rm(path, { force: true });
  return true;
}
