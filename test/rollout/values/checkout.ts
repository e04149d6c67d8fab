import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, vi } from "vitest";

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
  const site = siteIn(folder);
  const init = ["init", "--quiet", "--bare", "--initial-branch=main", "site.git"];
  await execa("git", init, { cwd: folder, env });
  await mkdir(join(site.checkout, "deploy"), { recursive: true });
  await writeFile(join(site.checkout, "deploy/worker.yaml"), "env: []\n");
  await site.git("init", "--quiet", "--initial-branch=main");
  await site.git("remote", "add", "origin", join(folder, "site.git"));
  await site.git("add", "--all");
  await site.git("commit", "--quiet", "--message=Begin");
  await site.git("push", "--quiet", "--set-upstream", "origin", "main");
  return site;
}

function siteIn(folder: string): CheckoutSite {
  const checkout = join(folder, "checkout");
  const remote = join(folder, "site.git");
  const gitIn =
    (cwd: string) =>
    async (...args: string[]) =>
      (await execa("git", [...author, ...args], { cwd, env })).stdout;
  const onRemote = gitIn(remote);
  const hook = async (repository: string, name: string, command: string) => {
    const file = join(repository, "hooks", name);
    await mkdir(join(repository, "hooks"), { recursive: true });
    await writeFile(file, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
  };
  const ofRemote = `git ${author.join(" ")} -C ${remote}`;
  const commandOfAnother =
    "unset $(git rev-parse --local-env-vars); " +
    `${ofRemote} update-ref refs/heads/main $(${ofRemote} commit-tree main^{tree} -p main -m 'Of another')`;
  return {
    folder,
    checkout,
    git: gitIn(checkout),
    onRemote,
    commandOfAnother,
    commits: async () => Number(await onRemote("rev-list", "--count", "main")),
    beforePush: (command) => hook(join(checkout, ".git"), "pre-push", command),
    refuse: (words) => hook(remote, "pre-receive", `echo "${words}" >&2; exit 1`),
  };
}

/** Gives each test of a file a site of its own: a copy, which takes a tenth of the time of Git's commands. */
export function checkoutForTests(): CheckoutSite {
  const site = {} as CheckoutSite;
  let first: string;
  beforeAll(async () => {
    first = await mkdtemp(join(tmpdir(), "site-"));
    await makeCheckoutSite(first);
  });
  afterAll(() => rm(first, { recursive: true }));
  beforeEach(async () => {
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    const folder = await mkdtemp(join(tmpdir(), "site-"));
    await cp(first, folder, { recursive: true });
    const config = join(folder, "checkout/.git/config");
    await writeFile(config, (await readFile(config, "utf8")).replace(first, folder));
    Object.assign(site, siteIn(folder));
    await site.git("update-index", "--refresh");
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await rm(site.folder, { recursive: true });
  });
  return site;
}
