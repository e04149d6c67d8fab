import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { promisify } from "node:util";
import { errorCode, redact } from "../../text";

/** A values file for the branch that Argo CD or Flux reads. */
export interface Push {
  /** In a checkout of the branch. */
  readonly file: string;
  readonly text: string | ((onBranch: ReadOnBranch) => Promise<string>);
  readonly branch: string;
  /** Of the commit. */
  readonly subject: string;
  /** Whether it only tries the right to push. If the branch has the file, the commit changes nothing. */
  readonly isTrial?: boolean;
}

/**
 * Reads a file of the checkout as the branch has it: `""` if the branch lacks it, undefined if the file is outside of
 * the repository. @throws PushError
 */
export type ReadOnBranch = (file: string) => Promise<string | undefined>;

/** A values file did not reach its branch. The message has Git's output without passwords. */
export class PushError extends Error {
  override readonly name = "PushError";

  constructor({ file, branch }: Pick<Push, "file" | "branch">, found: string) {
    super(`${file} was not pushed to branch ${branch}: ${found}.`);
  }
}

const maxAttempts = 5;
const timeoutMs = 120_000;
/** The author if Git knows none, as in most pipelines. */
const fallbackAuthor = ["AUTHOR", "COMMITTER"].flatMap((who): [string, string][] => [
  [`GIT_${who}_NAME`, "taskrunner-storage"],
  [`GIT_${who}_EMAIL`, "taskrunner-storage@localhost"],
]);

/**
 * Commits one file on top of the remote's branch and pushes the commit, again if another push came first. Uses an index
 * of its own: the checkout stays as it is, and its other changes are not in the commit.
 *
 * @throws PushError
 */
export async function pushFile(push: Push): Promise<void> {
  const git = gitOf(push);
  const { branch } = push;
  const folder = await git(["rev-parse", "--show-prefix"]);
  const current = await git(["symbolic-ref", "--quiet", "--short", "HEAD"]).catch(() => "");
  if (current !== branch) {
    const found = current === "" ? "its checkout is detached" : `its checkout is on ${current}`;
    throw new PushError(push, `${found}. Run git switch ${branch} there`);
  }
  const remote = await git(["config", `branch.${branch}.remote`]).catch(() => "origin");
  const head = `refs/heads/${branch}`;
  const tracking = `refs/remotes/${remote}/${branch}`;
  const fetchTip = async () => {
    await git(["fetch", "--no-tags", "--no-recurse-submodules", remote, `+${head}:${tracking}`]);
    return git(["rev-parse", tracking]);
  };
  const alone = ["--no-follow-tags", "--recurse-submodules=no"];
  for (let attempt = 1; ; attempt += 1) {
    const tip = await fetchTip();
    const commit = await commitOn(git, tip, folder, push);
    if (commit === undefined) return;
    try {
      await git(["push", ...alone, remote, `${commit}:${head}`]);
      return;
    } catch (error) {
      // If the branch has not changed, the server refused the push.
      if (attempt === maxAttempts || (await fetchTip()) === tip) throw error;
    }
  }
}

type Git = (args: readonly string[], env?: object) => Promise<string>;

function gitOf(push: Push): Git {
  return async (args, own = {}) => {
    const env = { ...process.env, GIT_TERMINAL_PROMPT: "0", LC_ALL: "C", ...own };
    const all = ["-C", dirname(push.file), ...args];
    try {
      const { stdout } = await promisify(execFile)("git", all, { env, timeout: timeoutMs });
      return stdout.replace(/\n$/, "");
    } catch (error) {
      const { stderr = "", killed = false } = error as { stderr?: string; killed?: boolean };
      const output = redact(stderr).replace(/\s+/g, " ").trim() || errorCode(error);
      const found = killed ? `it took longer than ${timeoutMs / 1_000} s` : output;
      throw new PushError(push, `git ${args[0] ?? ""} failed: ${found}`);
    }
  };
}

// Undefined if nothing differs.
async function commitOn(git: Git, tip: string, inRepository: string, push: Push) {
  const pathOf = (file: string) => join(inRepository, relative(dirname(push.file), file));
  const findBlob = (path: string) =>
    git(["rev-parse", "--verify", "--quiet", `${tip}:${path}`]).catch(() => "");
  const path = pathOf(push.file);
  const known = await findBlob(path);
  const onBranch: ReadOnBranch = async (file) => {
    const path = pathOf(file);
    if (path.startsWith("..")) return undefined;
    return (await findBlob(path)) && git(["cat-file", "--filters", `${tip}:${path}`]);
  };
  const text = typeof push.text === "string" ? push.text : await push.text(onBranch);
  const folder = await mkdtemp(join(tmpdir(), "taskrunner-storage-push-"));
  try {
    const draft = join(folder, "draft");
    await writeFile(draft, text);
    const blob = await git(["hash-object", "-w", `--path=${path}`, draft]);
    if (!push.isTrial && blob === known) return undefined;
    // guarantee: a push has nothing else of the checkout
    const index = { GIT_INDEX_FILE: join(folder, "index") };
    await git(["read-tree", tip], index);
    if (!push.isTrial || known === "") {
      await git(["update-index", "--add", "--cacheinfo", `100644,${blob},${path}`], index);
    }
    const tree = await git(["write-tree"], index);
    const isKnown = await git(["config", "user.email"]).catch(() => "");
    const author = isKnown === "" ? { ...Object.fromEntries(fallbackAuthor), ...process.env } : {};
    const message = `${push.subject} [skip ci]`;
    // Only git commit signs by itself.
    const isSigned = await git(["config", "--type=bool", "commit.gpgSign"]).catch(() => "");
    const signing = isSigned === "true" ? ["-S"] : [];
    return await git(["commit-tree", tree, "-p", tip, ...signing, "-m", message], author);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
