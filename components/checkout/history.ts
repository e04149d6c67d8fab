import { basename, dirname, resolve } from "node:path";
import type { StorageMode } from "../settings";
import { CheckoutError, git } from "./git";
import { modeIn } from "./mode";

/** From where on commits count as pushed since the stack's last `up`. */
export interface Base {
  /** A revision: a commit, a tag, a branch. */
  readonly revision: string;
}

/**
 * The storage modes that a settings file stated, from a base to the checked-out commit, the base's
 * first; undefined in place of a mode where there was no such file. Only commits of the branch
 * itself count, not those inside a merged one, and none whose file cannot be read: nothing ran from
 * it, and what is mended is no change of the mode.
 *
 * @throws CheckoutError where this clone does not have the base
 */
export async function modeSince(
  { revision }: Base,
  file: string,
): Promise<(StorageMode | undefined)[]> {
  const directory = dirname(resolve(file));
  const name = `./${basename(file)}`;
  const base = await commitOf(revision, directory);
  const range = ["--reverse", "--first-parent", `${base}..HEAD`, "--", name];
  const commits = (await git(["rev-list", ...range], { directory })).split("\n").filter(Boolean);
  const texts = [base, ...commits].map((commit) => textAt(commit, name, directory));
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
 * Whether the checked-out commit is an older one than the base, which has it in its history. False
 * where this clone does not have the base.
 *
 * @param file any in the checkout, such as the settings file
 */
export async function isBehind({ revision }: Base, file: string): Promise<boolean> {
  const directory = dirname(resolve(file));
  const base = await commitOf(revision, directory).catch(() => undefined);
  if (base === undefined) return false;
  const counts = await git(["rev-list", "--left-right", "--count", `${base}...HEAD`], {
    directory,
  });
  const [newer = 0, own = 0] = counts.split(/\s+/).map(Number);
  return newer > 0 && own === 0;
}

async function commitOf(revision: string, directory: string): Promise<string> {
  try {
    const wanted = ["--verify", "--quiet", "--end-of-options", `${revision}^{commit}`];
    return await git(["rev-parse", ...wanted], { directory });
  } catch {
    throw new CheckoutError(
      `This clone has no commit ${revision}, from which on commits count. Check out the whole ` +
        "history (fetch-depth: 0), or name another one with --before.",
    );
  }
}

async function textAt(commit: string, name: string, directory: string) {
  const listed = await git(["ls-tree", "--name-only", commit, "--", name], { directory });
  return listed === "" ? undefined : git(["show", `${commit}:${name}`], { directory });
}
