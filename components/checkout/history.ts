import { basename, dirname, resolve } from "node:path";
import { z } from "zod";
import type { StorageMode } from "../settings";
import { CheckoutError } from "./errors";
import { git } from "./git";
import { modeIn } from "./mode";

/** From where on commits count as pushed since the stack's last `up`. */
export interface Base {
  /** A revision: a commit, a tag, a branch. */
  readonly revision: string;
}

const updates = z.array(
  z.object({
    kind: z.string(),
    result: z.string(),
    environment: z.record(z.string(), z.string()).optional(),
  }),
);

/**
 * The commit that a stack's last successful `up` was run from; undefined where there is none.
 *
 * @param text what `pulumi stack history --json` prints, the newest first
 * @throws CheckoutError where it is something else
 */
export function baseIn(text: string): Base | undefined {
  const parsed = updates.safeParse(jsonOf(text));
  if (!parsed.success) {
    throw new CheckoutError(
      "The stack's history cannot be read: give --history what `pulumi stack history --json` prints.",
    );
  }
  const last = parsed.data.find(({ kind, result }) => kind === "update" && result === "succeeded");
  const revision = last?.environment?.["git.head"];
  return revision === undefined ? undefined : { revision };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The storage modes that a settings file stated, from a base to the checked-out commit, the base's
 * first; undefined in place of a mode where there was no such file. Only commits of the branch
 * itself count, not those inside a merged one.
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
  const modes = [base, ...commits].map(async (commit) => {
    const text = await textAt(commit, name, directory);
    return text === undefined ? undefined : modeIn(text);
  });
  return Promise.all(modes);
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
