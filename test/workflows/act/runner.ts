import { appendFile, readdir, readlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { execa } from "execa";
import { act } from "../../../tools/parts";
import { readState } from "../../engine/stack";
import { untilStepRuns } from "../../engine/steps";
import { writeActions } from "./actions";
import type { Forge, ForgeRepository } from "./forge";

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

/** Runs a workflow of a checkout of a repository. */
export type Runner = (
  checkout: { readonly folder: string; readonly repository: ForgeRepository },
  event: string,
  workflow: string,
  options?: RunOptions,
) => Promise<WorkflowRun>;

export const passphrase = "a passphrase of the tests";

/** Makes a runner that keeps all below `folder`, Pulumi's state too. */
export async function makeRunner(
  folder: string,
  forge: Forge,
  env: Readonly<Record<string, string>>,
): Promise<Runner> {
  const program = await act();
  const replaced = await writeActions(join(folder, "actions"));
  const secrets = join(folder, "secrets");
  const lines = `GITHUB_TOKEN=${forge.token}\nPULUMI_CONFIG_PASSPHRASE=${passphrase}\n`;
  await writeFile(secrets, lines, { mode: 0o600 });
  const common = [
    "--platform",
    "ubuntu-24.04=-self-hosted",
    "--no-skip-checkout",
    "--pull=false",
    "--use-new-action-cache",
    "--no-cache-server",
    "--action-offline-mode",
    ...replaced.flatMap((one) => ["--local-repository", one]),
    "--secret-file",
    secrets,
    "--actor",
    "op",
    "--concurrent-jobs",
    "1",
    "--action-cache-path",
    join(folder, "act"),
  ];
  return async (checkout, event, workflow, options = {}) => {
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
      "--env-file",
      await writeEnvironment(folder, forge, checkout.repository),
      ...Object.entries(vars).flatMap(([name, value]) => ["--var", `${name}=${value}`]),
    ];
    const running = execa(program, [...args, ...common], {
      cwd: checkout.folder,
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

/** Writes what a job's environment says of the forge, and gives the file. */
async function writeEnvironment(folder: string, forge: Forge, repository: ForgeRepository) {
  const environment = {
    GITHUB_SERVER_URL: forge.serverUrl,
    GITHUB_API_URL: forge.apiUrl,
    GITHUB_REPOSITORY: repository.fullName,
    REMOTE: repository.remote,
  };
  const lines = Object.entries(environment).map(([name, value]) => `${name}=${value}\n`);
  const file = join(folder, "environment");
  await writeFile(file, lines.join(""), { mode: 0o600 });
  return file;
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
