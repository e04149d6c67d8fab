import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach } from "vitest";

/** A Git repository in a folder of its own, with a bare one as its `origin`. */
export interface TestRepository {
  readonly folder: string;
  /** The checkout; its branch is `main`. */
  readonly checkout: string;
  readonly origin: string;
  git(...args: string[]): Promise<string>;
  /** Writes files, commits them and gives the commit's id. */
  commit(files: Readonly<Record<string, string>>): Promise<string>;
}

const identity = {
  ...{ GIT_AUTHOR_NAME: "t", GIT_AUTHOR_EMAIL: "t@t", GIT_COMMITTER_NAME: "t" },
  ...{ GIT_COMMITTER_EMAIL: "t@t", GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" },
};

/** A new repository for each test. */
export function repositoryPerTest(): TestRepository {
  const current = {} as { -readonly [Key in keyof TestRepository]: TestRepository[Key] };
  beforeEach(async () => {
    current.folder = await mkdtemp(join(tmpdir(), "repository-"));
    current.checkout = join(current.folder, "checkout");
    current.origin = join(current.folder, "origin.git");
    await mkdir(current.checkout);
    current.git = async (...args) =>
      (await execa("git", args, { cwd: current.checkout, env: identity })).stdout;
    current.commit = async (files) => {
      for (const [name, text] of Object.entries(files)) {
        await writeFile(join(current.checkout, name), text);
      }
      await current.git("add", ".");
      await current.git("commit", "--quiet", "--allow-empty", "-m", "a change");
      return current.git("rev-parse", "HEAD");
    };
    await current.git("init", "--quiet", "--initial-branch", "main");
    await current.git("init", "--quiet", "--bare", "--initial-branch", "main", current.origin);
    await current.git("remote", "add", "origin", current.origin);
  });
  afterEach(() => rm(current.folder, { recursive: true }));
  return current;
}

/** A settings file that states a mode. */
export const settings = (mode: string) =>
  `config:\n  # Which one?\n  taskrunner-storage:storageMode: ${mode}\n`;
