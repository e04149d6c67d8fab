import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterEach, beforeEach, vi } from "vitest";

/** A site's checkout of branch `main`, and the bare repository that it came from. */
export interface CheckoutSite {
  readonly folder: string;
  readonly checkout: string;
  /** A command by which the remote's branch has a commit of somebody else. */
  readonly commandOfAnother: string;
  /** Git's answer in the checkout. */
  git(...args: string[]): Promise<string>;
  /** Git's answer in the remote's repository. */
  onRemote(...args: string[]): Promise<string>;
  /** How many commits the remote's branch has. */
  commits(): Promise<number>;
  /** Runs a command between fetch and push. */
  beforePush(command: string): Promise<void>;
  /** Lets the server refuse each push with these words. */
  refuse(words: string): Promise<void>;
}

/** No settings of the one who runs the tests. */
const env = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_NOSYSTEM: "1" };
const author = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"];

/** Makes a site in a folder: with `deploy/worker.yaml` in its first commit. */
export async function makeCheckoutSite(folder: string): Promise<CheckoutSite> {
  const checkout = join(folder, "checkout");
  const remote = join(folder, "site.git");
  const gitIn =
    (cwd: string) =>
    async (...args: string[]) =>
      (await execa("git", [...author, ...args], { cwd, env })).stdout;
  const git = gitIn(checkout);
  const onRemote = gitIn(remote);
  const hook = async (repository: string, name: string, command: string) => {
    const file = join(repository, "hooks", name);
    await mkdir(join(repository, "hooks"), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  };
  await gitIn(folder)("init", "--quiet", "--bare", "--initial-branch=main", remote);
  await gitIn(folder)("clone", "--quiet", remote, checkout);
  await mkdir(join(checkout, "deploy"));
  await writeFile(join(checkout, "deploy/worker.yaml"), "env: []\n");
  await git("add", "--all");
  await git("commit", "--quiet", "--message=Begin");
  await git("push", "--quiet", "origin", "main");
  const ofRemote = `git ${author.join(" ")} -C ${remote}`;
  const commandOfAnother =
    "unset $(git rev-parse --local-env-vars); " +
    `${ofRemote} update-ref refs/heads/main $(${ofRemote} commit-tree main^{tree} -p main -m 'Of another')`;
  return {
    folder,
    checkout,
    git,
    onRemote,
    commandOfAnother,
    commits: async () => Number(await onRemote("rev-list", "--count", "main")),
    beforePush: (command) => hook(join(checkout, ".git"), "pre-push", command),
    refuse: (words) => hook(remote, "pre-receive", `echo "${words}" >&2; exit 1`),
  };
}

/** Gives each test of a file a site of its own. */
export function checkoutForTests(): CheckoutSite {
  const site = {} as CheckoutSite;
  beforeEach(async () => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    Object.assign(site, await makeCheckoutSite(await mkdtemp(join(tmpdir(), "site-"))));
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(site.folder, { recursive: true });
  });
  return site;
}
