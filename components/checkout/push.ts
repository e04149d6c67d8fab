import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { CheckoutError, git } from "./git";

/** A change of one file that goes onto a branch of its own. */
interface Change {
  /** The file as it is to be; it is tracked by Git. */
  readonly file: string;
  readonly branch: string;
  readonly message: string;
  /** Who did it, such as the user that started a workflow. */
  readonly author: string;
  /** Secret: for a remote reached by HTTP; absent where Git has its own way in. */
  readonly token?: string;
}

/**
 * Commits a file as it is on disk on top of the checked-out commit, and pushes that as a branch,
 * in the place of what was on it. The checkout itself, its index and its branch stay as they are.
 *
 * @returns the branch that the change is to go into; undefined where it is in there already
 * @throws CheckoutError where no branch is checked out, or the remote `origin` refuses
 */
export async function pushChange(change: Change): Promise<{ readonly base: string | undefined }> {
  const { file } = change;
  const base = await git(file, ["branch", "--show-current"]);
  if (base === "") {
    throw new CheckoutError(
      "No branch is checked out. Check out the branch that the change is for.",
    );
  }
  const name = `./${basename(file)}`;
  if ((await git(file, ["status", "--porcelain", "--", name])) === "") return { base: undefined };
  const commit = await commitOf(change, name);
  const environment = await loginFor(change);
  const branch = `${commit}:refs/heads/${change.branch}`;
  await git(file, ["push", "--quiet", "--force", "origin", branch], environment);
  return { base };
}

/** The id of a commit that changes only this file, made in an index of its own. */
async function commitOf({ file, message, author }: Change, name: string) {
  const folder = await mkdtemp(join(tmpdir(), "index-"));
  const identity = `${author}@users.noreply.github.com`;
  const environment = {
    GIT_INDEX_FILE: join(folder, "index"),
    ...{ GIT_AUTHOR_NAME: author, GIT_AUTHOR_EMAIL: identity },
    ...{ GIT_COMMITTER_NAME: author, GIT_COMMITTER_EMAIL: identity },
  };
  try {
    await git(file, ["read-tree", "HEAD"], environment);
    await git(file, ["add", "--", name], environment);
    const tree = await git(file, ["write-tree"], environment);
    return await git(file, ["commit-tree", tree, "-p", "HEAD", "-m", message], environment);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * The token as a header of the remote's requests, in variables: arguments are visible in the process
 * list. An empty value before it takes away what the checkout may have set.
 */
async function loginFor({ file, token }: Change): Promise<Record<string, string>> {
  const remote = await git(file, ["remote", "get-url", "--push", "origin"]);
  if (token === undefined || !/^https?:/.test(remote)) return {};
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  const key = `http.${remote}.extraHeader`;
  return {
    GIT_CONFIG_COUNT: "2",
    ...{ GIT_CONFIG_KEY_0: key, GIT_CONFIG_VALUE_0: "" },
    ...{ GIT_CONFIG_KEY_1: key, GIT_CONFIG_VALUE_1: `Authorization: Basic ${basic}` },
  };
}
