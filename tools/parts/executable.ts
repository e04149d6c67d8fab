import { accessSync, constants, realpathSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";

/**
 * The file that a program's name stands for, or undefined if there is none.
 *
 * @param path folders, as in PATH
 */
export function executable(name: string, path = process.env.PATH ?? ""): string | undefined {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

/** The folder that a program really lies in, behind links. */
export function folderOf(file: string): string {
  return dirname(realpathSync(file));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
