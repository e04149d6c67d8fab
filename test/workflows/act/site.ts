import {
  appendFile,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { stringify } from "yaml";
import { generateSample } from "../../../tools/sample";
import { act, engine, engineEnvironment, repository } from "../../../tools/parts";
import { readState } from "../../engine/stack";
import { untilStepRuns } from "../../engine/steps";
import { type BorrowedDatabases, borrowDatabases } from "../../pool";
import { writeActions } from "./actions";
import { startForge, type Forge } from "./forge";

/** What a run of a workflow ended with: everything that act printed, and whether it failed. */
export interface WorkflowRun {
  readonly output: string;
  readonly failed: boolean;
}

/** How a workflow is run. */
export interface RunOptions {
  /** The event's file, as the platform has it. */
  readonly event?: object;
  readonly vars?: Readonly<Record<string, string>>;
  /** Kills act and all that it started while a stack does a step, as a job that is cancelled by force. */
  readonly killAt?: { readonly stack: string; readonly step: string };
}

/** A site: this repository on a forge, with its stacks `staging` and `prod`, and a runner. */
export interface ActSite {
  readonly forge: Forge;
  readonly database: BorrowedDatabases;
  /** Everything that it has is below it. */
  readonly folder: string;
  /** A checkout of `main`. */
  readonly checkout: string;
  /** Makes a stack with the state of some runs, and its file in the checkout with these settings too. */
  addStack(stack: string, settings: object): Promise<void>;
  git(...args: string[]): Promise<string>;
  /** Edits the storage mode in a stack's file, and names a cutover. */
  setMode(stack: string, mode: string, cutover?: number): Promise<void>;
  /** Commits what is edited in the checkout, pushes the branch and gives the commit. */
  push(message: string): Promise<string>;
  run(event: string, workflow: string, options?: RunOptions): Promise<WorkflowRun>;
  outputs(stack: string): Promise<Record<string, unknown>>;
  remove(): Promise<void>;
}

interface Branch {
  readonly commit: { readonly id: string };
}

const passphrase = "a passphrase of the tests";

/** Makes a site whose stacks have not run. */
export async function makeActSite(): Promise<ActSite> {
  const folder = await mkdtemp(join(tmpdir(), "site-"));
  const forge = await startForge(join(folder, "forge"));
  const database = await borrowDatabases();
  const found = await engine({ kubernetes: true });
  const env = await engineEnvironment(found, folder, passphrase);
  const checkout = join(folder, "checkout");
  const git = async (...args: string[]) =>
    (await execa("git", args, { cwd: checkout, env: identity })).stdout;
  await copySources(checkout);
  await git("init", "--quiet", "--initial-branch", "main");
  await git("remote", "add", "origin", remoteOf(forge));
  const addStack = async (stack: string, settings: object) => {
    await generateSample(join(folder, stack, "state"), { runs: 5 });
    const uri = `${database.uri}/${stack}`;
    await writeSettings(checkout, stack, { ...usual(join(folder, stack), uri), ...settings });
    const initialised = ["stack", "init", stack, "--non-interactive"];
    await execa("pulumi", initialised, { cwd: checkout, env });
  };
  for (const stack of ["staging", "prod"]) {
    const directory = join(folder, stack, "rollout");
    await cp(join(repository, "tools/sample/rollout"), directory, { recursive: true });
    const rollout = { target: "values", directory, confirm: "none", workerStopped: 1 };
    await addStack(stack, { rollout });
  }
  const push = async (message: string) => {
    await git("add", "--all");
    await git("commit", "--quiet", "--allow-empty", "--message", message);
    await git("push", "--quiet", "origin", "HEAD");
    const commit = await git("rev-parse", "HEAD");
    // The forge lists what was pushed a moment later.
    const branch = `branches/${await git("branch", "--show-current")}`;
    while ((await forge.ask<Branch>(branch).catch(() => undefined))?.commit.id !== commit) {
      await sleep(200);
    }
    return commit;
  };
  await push("a site");
  const runner = await makeRunner(folder, forge, env);
  return {
    forge,
    database,
    folder,
    checkout,
    git,
    push,
    addStack,
    async setMode(stack, mode, cutover = 1) {
      const file = join(checkout, `Pulumi.${stack}.yaml`);
      const text = await readFile(file, "utf8");
      const numbered = text.replace(
        /( +\S+:)(storageMode): \w+/,
        `$1$2: ${mode}\n$1cutover: ${cutover}`,
      );
      await writeFile(file, numbered.replace(/workerStopped: \d+/, `workerStopped: ${cutover}`));
    },
    run: (event, workflow, options = {}) => runner(checkout, event, workflow, options),
    async outputs(stack) {
      const asked = ["stack", "output", "--json", "--stack", stack];
      const { stdout } = await execa("pulumi", asked, { cwd: checkout, env });
      return JSON.parse(stdout) as Record<string, unknown>;
    },
    async remove() {
      await forge.stop();
      await database.release();
      await rm(folder, { recursive: true });
    },
  };
}

const identity = {
  GIT_AUTHOR_NAME: "t",
  GIT_AUTHOR_EMAIL: "t@t",
  GIT_COMMITTER_NAME: "t",
  GIT_COMMITTER_EMAIL: "t@t",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_TERMINAL_PROMPT: "0",
};

const remoteOf = ({ serverUrl, repository, token }: Forge) =>
  `${serverUrl.replace("//", `//op:${token}@`)}/${repository}.git`;

/** The working tree as it is, without what Git ignores. `make up` of stack dev is not run: it has its own tests. */
async function copySources(checkout: string): Promise<void> {
  const options = ["ls-files", "--cached", "--others", "--exclude-standard"];
  const { stdout } = await execa("git", options, { cwd: repository });
  await mkdir(checkout);
  for (const file of stdout.split("\n")) {
    await cp(join(repository, file), join(checkout, file)).catch(() => undefined);
  }
  await writeFile(join(checkout, "Makefile"), "up:\n\t@echo dev\n");
  // A group's queue is newer than act, which refuses a workflow with a key that it does not know.
  for (const name of ["up.yml", "stack-up.yml"]) {
    const file = join(checkout, ".github/workflows", name);
    await writeFile(file, (await readFile(file, "utf8")).replace(/\n +queue: max/g, ""));
  }
}

/** Validators only warn, which the policies forbid in production. */
const usual = (folder: string, mongoUri: string) => ({
  storageMode: "mongo",
  cluster: { kind: "existing" },
  mongoUri,
  validation: { action: "warn" },
  advanced: { electionSeconds: 5 },
  backfill: { source: { path: join(folder, "state") } },
});

async function writeSettings(checkout: string, stack: string, settings: object) {
  const config = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`taskrunner-storage:${key}`, value]),
  );
  await writeFile(join(checkout, `Pulumi.${stack}.yaml`), stringify({ config }));
}

async function makeRunner(folder: string, forge: Forge, env: Record<string, string>) {
  const program = await act();
  const replaced = await writeActions(join(folder, "actions"));
  const secrets = join(folder, "secrets");
  await writeFile(
    secrets,
    `GITHUB_TOKEN=${forge.token}\nPULUMI_CONFIG_PASSPHRASE=${passphrase}\n`,
    { mode: 0o600 },
  );
  const environment = join(folder, "environment");
  const ofRunner = {
    GITHUB_SERVER_URL: forge.serverUrl,
    GITHUB_API_URL: forge.apiUrl,
    GITHUB_REPOSITORY: forge.repository,
    REMOTE: remoteOf(forge),
  };
  const lines = Object.entries(ofRunner).map(([name, value]) => `${name}=${value}\n`);
  await writeFile(environment, lines.join(""), { mode: 0o600 });
  const common = [
    "--platform",
    "ubuntu-24.04=-self-hosted",
    "--no-skip-checkout",
    "--pull=false",
    "--use-new-action-cache",
    "--no-cache-server",
    "--action-offline-mode",
    ...replaced.flatMap((one) => ["--local-repository", one]),
    "--env-file",
    environment,
    "--secret-file",
    secrets,
    "--actor",
    "op",
    "--concurrent-jobs",
    "1",
    "--action-cache-path",
    join(folder, "act"),
  ];
  return async (checkout: string, event: string, workflow: string, options: RunOptions) => {
    const vars = {
      STACKS: JSON.stringify(["staging", "prod"]),
      PULUMI_BACKEND_URL: pathToFileURL(join(folder, "pulumi")).href,
      ...options.vars,
    };
    const eventFile = join(folder, "event.json");
    await writeFile(eventFile, JSON.stringify(options.event ?? {}));
    const args = [
      event,
      "--workflows",
      `.github/workflows/${workflow}`,
      "--eventpath",
      eventFile,
      ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}=${value}`]),
    ];
    const running = execa(program, [...args, ...common], {
      cwd: checkout,
      all: true,
      reject: false,
      detached: true,
      env: { ...env, XDG_CACHE_HOME: join(folder, "cache") },
    });
    const log = process.env.TEST_WORKFLOWS_LOG ?? join(folder, "runs.log");
    await appendFile(log, `\n==== ${workflow}\n`);
    running.all.on("data", (chunk: Buffer) => void appendFile(log, chunk));
    if (options.killAt) {
      const { stack, step } = options.killAt;
      const file = join(folder, `pulumi/.pulumi/stacks/taskrunner-storage/${stack}.json`);
      // A kill while the engine writes its state leaves an empty file.
      await untilStepRuns({ state: () => readState(file) }, step, killing);
      if (running.pid !== undefined) process.kill(running.pid, "SIGKILL");
      await killBelow(join(folder, "act"));
    }
    const { all, failed } = await running;
    return { output: stripVTControlCharacters(all), failed };
  };
}

/** How often, and how long, the step is looked for at which a job is killed, in ms: it may take a second. */
const killing = { timeout: 10 * 60_000, interval: 50 };

/** Kills all that works in a job's folder: what a killed program started runs on otherwise. */
async function killBelow(folder: string): Promise<void> {
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const works = await readlink(`/proc/${pid}/cwd`).catch(() => "");
    try {
      if (works.startsWith(folder)) process.kill(Number(pid), "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}
