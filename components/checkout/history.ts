import { basename } from "node:path";
import type { StorageMode } from "../settings";
import { CheckoutError, git } from "./git";
import { modeIn } from "./mode";

/** What Git has of a stack in one commit. */
export interface Source {
  /** The full id; undefined outside Git. */
  readonly commit?: string | undefined;
  /** The mode in the stack's settings file of that commit; undefined if it has none. */
  readonly storageMode?: StorageMode | undefined;
}

/**
 * The checked-out commit, and the mode that it has for the stack; an edited file does not count.
 *
 * @param file the stack's settings file
 * @throws CheckoutError if it is in no Git checkout
 */
export async function readSource(file: string): Promise<Source> {
  const commit = await git(file, ["rev-parse", "--verify", "HEAD^{commit}"]);
  const [storageMode] = readableMode(await textAt(commit, file));
  return { commit, storageMode };
}

/**
 * The storage modes that a settings file stated, from a commit to the checked-out one, the oldest
 * first; undefined in place of a mode if there was no such file. Only commits of the branch itself
 * count, not those inside a merged one, and none whose file cannot be read: nothing ran from it.
 *
 * @throws CheckoutError if this clone does not have the commit
 */
export async function modesSince(
  commit: string,
  file: string,
): Promise<(StorageMode | undefined)[]> {
  const range = ["--reverse", "--first-parent", `${commit}..HEAD`, "--", nameOf(file)];
  const commits = (await git(file, ["rev-list", ...range])).split("\n").filter(Boolean);
  const texts = [commit, ...commits].map((one) => textAt(one, file));
  return (await Promise.all(texts)).flatMap(readableMode);
}

function readableMode(text: string | undefined): (StorageMode | undefined)[] {
  try {
    return [text === undefined ? undefined : modeIn(text)];
  } catch (error) {
    if (error instanceof CheckoutError) return [];
    throw error;
  }
}

/**
 * Whether a commit is the checked-out one or in its history. False if this clone does not have it, or
 * if it is no full id.
 *
 * @param file any in the checkout, such as the settings file
 */
export async function isInHistory(commit: string, file: string): Promise<boolean> {
  if (!/^[0-9a-f]{40,64}$/.test(commit)) return false;
  return git(file, ["merge-base", "--is-ancestor", commit, "HEAD"]).then(
    () => true,
    () => false,
  );
}

/** Whether the clone lacks older commits, as a workflow's checkout does by default. */
export async function isShallow(file: string): Promise<boolean> {
  return (await git(file, ["rev-parse", "--is-shallow-repository"])) === "true";
}

const nameOf = (file: string) => `./${basename(file)}`;

async function textAt(commit: string, file: string): Promise<string | undefined> {
  const listed = await git(file, ["ls-tree", "--name-only", commit, "--", nameOf(file)]);
  return listed === "" ? undefined : git(file, ["show", `${commit}:${nameOf(file)}`]);
}
