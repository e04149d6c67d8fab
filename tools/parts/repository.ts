import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The root of this repository. */
export const repository = join(__dirname, "..", "..");

/** The text of a file of this repository. */
export async function readRepositoryFile(...path: string[]): Promise<string> {
  return readFile(join(repository, ...path), "utf8");
}
