import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { stringify } from "yaml";
import { generateSample } from "../../../tools/sample";
import { engine, engineEnvironment, repository as root } from "../../../tools/parts";
import { type BorrowedDatabases, borrowDatabases } from "../../pool";
import { gitIdentity } from "../../git-identity";
import { startForge, type ForgeRepository } from "./forge";
import { makeRunner, passphrase, type RunOptions, type WorkflowRun } from "./runner";

/** A checkout of `main` of a repository on the forge. */
export interface Checkout {
  readonly repository: ForgeRepository;
  readonly folder: string;
  git(...args: string[]): Promise<string>;
  /** Commits what is edited, pushes the branch and gives the commit. */
  push(message: string): Promise<string>;
  run(event: string, workflow: string, options?: RunOptions): Promise<WorkflowRun>;
  /** Makes a stack with the state of some runs, and its file with these settings too. */
  addStack(stack: string, settings: object): Promise<void>;
  outputs(stack: string): Promise<Record<string, unknown>>;
}

/** A forge, a MongoDB server, Pulumi with a backend of its own, and a runner. */
export interface ActMachine {
  readonly database: BorrowedDatabases;
  /** Everything that it has is below it. */
  readonly folder: string;
  /** Creates a repository, and an empty checkout of it. */
  checkout(name: string): Promise<Checkout>;
  remove(): Promise<void>;
}

interface Branch {
  readonly commit: { readonly id: string };
}

/** Starts a machine without repositories. */
export async function startMachine(): Promise<ActMachine> {
  const folder = await mkdtemp(join(tmpdir(), "site-"));
  const forge = await startForge(join(folder, "forge"));
  const database = await borrowDatabases();
  const env = await engineEnvironment(await engine({ kubernetes: true }), folder, passphrase);
  const runner = await makeRunner(folder, forge, env);
  const checkout = async (name: string): Promise<Checkout> => {
    const repository = await forge.create(name);
    const made = await cloneEmpty(repository, join(folder, name));
    const pulumi = async (...args: string[]) =>
      (await execa("pulumi", args, { cwd: made.folder, env })).stdout;
    return {
      ...made,
      run: (...run) => runner(made, ...run),
      async addStack(stack, settings) {
        const state = join(folder, stack, "state");
        await generateSample(state, { runs: 5 });
        const mongoUri = `${database.uri}/${stack}`;
        await writeSettings(made.folder, stack, { ...usual(state, mongoUri), ...settings });
        await pulumi("stack", "init", stack, "--non-interactive");
      },
      outputs: async (stack) =>
        JSON.parse(await pulumi("stack", "output", "--json", "--stack", stack)) as Record<
          string,
          unknown
        >,
    };
  };
  return {
    database,
    folder,
    checkout,
    async remove() {
      await forge.stop();
      await database.release();
      await rm(folder, { recursive: true });
    },
  };
}

const identity = {
  ...gitIdentity,
  GIT_TERMINAL_PROMPT: "0",
};

async function cloneEmpty(repository: ForgeRepository, folder: string) {
  await mkdir(folder);
  const git = async (...args: string[]) =>
    (await execa("git", args, { cwd: folder, env: identity })).stdout;
  await git("init", "--quiet", "--initial-branch", "main");
  await git("remote", "add", "origin", repository.remote);
  const push = async (message: string) => {
    await git("add", "--all");
    await git("commit", "--quiet", "--allow-empty", "--message", message);
    await git("push", "--quiet", "origin", "HEAD");
    const commit = await git("rev-parse", "HEAD");
    // The forge lists what was pushed a moment later.
    const branch = `branches/${await git("branch", "--show-current")}`;
    const known = () => repository.ask<Branch>(branch).catch(() => undefined);
    while ((await known())?.commit.id !== commit) await sleep(200);
    return commit;
  };
  return { repository, folder, git, push };
}

/** Copies the working tree as it is, without what Git ignores. */
export async function copySources(folder: string): Promise<void> {
  const options = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const { stdout } = await execa("git", options, { cwd: root });
  for (const file of stdout.split("\n")) {
    await cp(join(root, file), join(folder, file)).catch(() => undefined);
  }
  // A group's queue is newer than act, which refuses a workflow with a key that it does not know.
  const file = join(folder, ".github/workflows/stack.yml");
  await writeFile(file, (await readFile(file, "utf8")).replace(/\n +queue: max/, ""));
}

/** Validators only warn, which the policies forbid in production. */
const usual = (path: string, mongoUri: string) => ({
  storageMode: "mongo",
  cluster: { kind: "existing" },
  mongoUri,
  validation: { action: "warn" },
  advanced: { electionSeconds: 5 },
  backfill: { source: { path } },
});

async function writeSettings(folder: string, stack: string, settings: object) {
  const config = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`taskrunner-storage:${key}`, value]),
  );
  await writeFile(join(folder, `Pulumi.${stack}.yaml`), stringify({ config }));
}
