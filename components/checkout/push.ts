import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { CheckoutError, git, type GitOptions } from "./git";

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

/** The branch that the change is to go into; undefined where it is in there already. */
interface Pushed {
  readonly base: string | undefined;
}

/**
 * Commits a file as it is on disk on top of the checked-out commit, and pushes that as a branch,
 * in the place of what was on it. The checkout itself, its index and its branch stay as they are.
 *
 * @throws CheckoutError where no branch is checked out, or the remote `origin` refuses
 */
export async function pushChange(change: Change): Promise<Pushed> {
  const directory = dirname(resolve(change.file));
  const base = await git(["branch", "--show-current"], { directory });
  if (base === "") {
    throw new CheckoutError(
      "No branch is checked out. Check out the branch that the change is for.",
    );
  }
  const name = `./${basename(change.file)}`;
  const changed = await git(["status", "--porcelain", "--", name], { directory });
  if (changed === "") return { base: undefined };
  const commit = await commitOf(change, directory, name);
  const environment = await loginFor(change.token, directory);
  const branch = `${commit}:refs/heads/${change.branch}`;
  await git(["push", "--quiet", "--force", "origin", branch], { directory, environment });
  return { base };
}

/** The id of a commit that changes only this file, made in an index of its own. */
async function commitOf({ file, message, author }: Change, directory: string, name: string) {
  const folder = await mkdtemp(join(tmpdir(), "index-"));
  const identity = `${author}@users.noreply.github.com`;
  const environment = {
    GIT_INDEX_FILE: join(folder, "index"),
    ...{ GIT_AUTHOR_NAME: author, GIT_AUTHOR_EMAIL: identity },
    ...{ GIT_COMMITTER_NAME: author, GIT_COMMITTER_EMAIL: identity },
  };
  const options: GitOptions = { directory, environment };
  try {
    await git(["read-tree", "HEAD"], options);
    await git(["add", "--", name], options);
    const tree = await git(["write-tree"], options);
    return await git(["commit-tree", tree, "-p", "HEAD", "-m", message], options);
  } catch (error) {
    if (!(error instanceof CheckoutError)) throw error;
    throw new CheckoutError(`Committing ${file} failed. ${error.message}`);
  } finally {
    await rm(folder, { recursive: true });
  }
}

/**
 * The token as a header of the remote's requests, in variables: arguments are visible in the process
 * list. An empty value before it takes away what the checkout may have set.
 */
async function loginFor(token: string | undefined, directory: string) {
  const remote = await git(["remote", "get-url", "--push", "origin"], { directory });
  if (token === undefined || !/^https?:/.test(remote)) return {};
  const basic = Buffer.from(`x-access-token:${token}`).toString("base64");
  const key = `http.${remote}.extraHeader`;
  return {
    GIT_CONFIG_COUNT: "2",
    ...{ GIT_CONFIG_KEY_0: key, GIT_CONFIG_VALUE_0: "" },
    ...{ GIT_CONFIG_KEY_1: key, GIT_CONFIG_VALUE_1: `Authorization: Basic ${basic}` },
  };
}
