import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { execa, execaSync } from "execa";
import { parse, stringify } from "yaml";
import { bundledCommands } from "../cli/bundled";
import { nextCutover } from "../../tools/dev/outputs";
import { engine, engineEnvironment, type EngineOptions, repository } from "../../tools/parts";

/** What a run of the engine ended with: everything it printed, and whether it failed. */
export interface EngineRun {
  readonly output: string;
  readonly failed: boolean;
}

/** The settings without their prefix. */
export type StackSettings = Readonly<Record<string, unknown>> & {
  readonly mongoUri?: string;
  readonly appMongoUri?: string;
};

/** A stack of the real program on the real engine, in a folder of its own. */
export interface TestStack {
  readonly name: string;
  /** Absolute; everything the test makes is below it, and it goes with the stack. */
  readonly folder: string;
  /**
   * Writes the stack's settings file; `mongoUri` and `appMongoUri` are encrypted in it. If it does not name
   * a `cutover`, it is the one that the stack needs next; the same for `rollout.workerStopped` without services.
   */
  configure(settings: StackSettings): Promise<void>;
  pulumi(...args: string[]): Promise<EngineRun>;
  preview(): Promise<EngineRun>;
  /** What `pulumi preview --json` writes to its standard output, as a workflow keeps it in a file. */
  previewAsJson(...args: string[]): Promise<EngineRun>;
  up(): Promise<EngineRun>;
  /** An `up` beside which something else happens, once it prints this. */
  upBeside(at: RegExp, happens: () => void): Promise<EngineRun>;
  /** An `up` that is interrupted, as by Ctrl-C, once it prints this; with 2, again a moment later. */
  interruptedUp(at: RegExp, times?: 1 | 2): Promise<EngineRun>;
  /** An `up` whose engine ends by itself, without its plugins, once it prints this. */
  killedUp(at: RegExp, how?: keyof typeof deaths): Promise<EngineRun & Left>;
  /** Takes away the lock of an engine that was killed. */
  cancel(): Promise<void>;
  /** Marks a resource for its replacement by the next update. */
  taint(urn: string): Promise<void>;
  /** The stack's outputs; @param flags such as `--show-secrets` */
  outputs(...flags: string[]): Promise<Record<string, unknown>>;
  /** Runs a command in the project's folder, which has no settings file of this stack. */
  command(
    ...args: readonly string[]
  ): Promise<{ stdout: string; stderr: string; exitCode: number | undefined }>;
  /** The state as the engine keeps it on disk, in the form of `pulumi stack export`. */
  state(): Promise<string>;
  /** Puts another state in its place, as `pulumi stack import` does. */
  restate(state: object): Promise<void>;
  remove(): Promise<void>;
}

/** The processes of Node.js that a killed engine has started, and those of them that still run later. */
export interface Left {
  readonly started: readonly number[];
  readonly left: readonly number[];
}

/** What a stack is made for. */
export interface StackOptions extends EngineOptions {
  /** A stack whose folder and backend it shares, so that one can refer to the other. */
  readonly beside?: TestStack;
}

/**
 * Settings as a person would have them at the next cutover, where a test says nothing of it: its number; as with `make up`,
 * a worker that is stopped for it if no services are there; and a server that a test has stopped is in no election.
 */
export function numbered(settings: StackSettings, next: number): StackSettings {
  const {
    storageMode = "mongo",
    cutover = next,
    rollout,
  } = settings as {
    readonly storageMode?: string;
    readonly cutover?: number;
    readonly rollout?: { readonly confirm?: unknown };
  };
  return {
    ...(cutover > 1 && { cutover }),
    storageMode,
    ...(storageMode === "filesystem" && { advanced: { electionSeconds: 5 } }),
    ...settings,
    ...(rollout?.confirm === "none" && { rollout: { workerStopped: cutover, ...rollout } }),
  };
}

/** Makes an empty stack of this name and of the program in `project`. The repository's own settings files are neither read nor written. */
export async function makeStack(
  name = "test",
  project = repository,
  { beside, ...wanted }: StackOptions = {},
): Promise<TestStack> {
  const folder = beside?.folder ?? (await mkdtemp(join(tmpdir(), "stack-")));
  const ofEngine = await engineEnvironment(
    await engine(wanted),
    folder,
    "a passphrase of the tests",
  );
  // A plugin of a test comes before one of this machine.
  const env = { ...ofEngine, PATH: `${join(folder, "bin")}:${ofEngine.PATH ?? ""}` };
  const settingsFile = join(folder, `Pulumi.${name}.yaml`);
  const run = async (
    cwd: string,
    args: readonly string[],
    { input = "", interrupt }: { input?: string; interrupt?: Interrupt } = {},
  ): Promise<EngineRun> => {
    const options = { cwd, env, input, all: true, reject: false } as const;
    const running = execa("pulumi", [...args, "--color", "never"], options);
    if (interrupt) {
      const { pid = 0, stdout, stderr } = running;
      once(running.all, interrupt.at, () => {
        interrupt.end({ pid, stdout, stderr });
      });
    }
    const { all, failed } = await running;
    return { output: all.replace(/^ *warning: using \S+ from \$PATH at .*\n/gm, ""), failed };
  };
  const ofProject = ["--stack", name, "--non-interactive", "--config-file", settingsFile];
  const inProject = (...args: string[]) => run(project, [...args, ...ofProject]);
  const up = ["up", "--yes", "--skip-preview"];
  const ofStack = async (...args: string[]) =>
    (await succeeded(run(project, ["stack", ...args, "--stack", name]))).output;
  const stateFile = join(folder, "pulumi/.pulumi/stacks/taskrunner-storage", `${name}.json`);
  const known = new Map<string, unknown>();
  /** A secret as the settings file has it; the engine encrypts each once. */
  const encrypted = async (text: string) => {
    if (!known.has(text)) {
      const secret = ["config", "set", "--secret", "encrypted", "--stack", name];
      await succeeded(run(folder, secret, { input: text }));
      known.set(text, (await readSettings(settingsFile)).config?.[`${prefix}encrypted`]);
    }
    return known.get(text);
  };
  await initialise(folder, name, run);

  return {
    name,
    folder,
    configure: async ({ mongoUri, appMongoUri, ...settings }) => {
      const secrets = {
        ...(mongoUri !== undefined && { mongoUri: await encrypted(mongoUri) }),
        ...(appMongoUri !== undefined && { appMongoUri: await encrypted(appMongoUri) }),
      };
      const next = nextCutover(await readState(stateFile).catch(() => noState));
      await writeSettings(settingsFile, { ...numbered(settings, next), ...secrets });
    },
    pulumi: inProject,
    command: async (...args) => {
      const all = [bundledCommands(), ...args, "--stack", name];
      const { stdout, stderr, exitCode } = await execa("node", all, {
        cwd: project,
        env,
        reject: false,
      });
      return { stdout, stderr, exitCode };
    },
    preview: () => inProject("preview", "--diff"),
    previewAsJson: async (...args) => {
      const options = { cwd: project, env, reject: false } as const;
      const { stdout, failed } = await execa(
        "pulumi",
        ["preview", "--json", ...args, ...ofProject],
        options,
      );
      return { output: stdout, failed };
    },
    up: () => inProject(...up),
    upBeside: (at, end) => run(project, [...up, ...ofProject], { interrupt: { at, end } }),
    interruptedUp: (at, times = 1) => {
      const end = ({ pid }: Engine) => {
        process.kill(pid, "SIGINT");
        if (times === 2) setTimeout(() => process.kill(pid, "SIGINT"), 100);
      };
      return run(project, [...up, ...ofProject], { interrupt: { at, end } });
    },
    killedUp: async (at, how = "kill") => {
      let children: readonly number[] = [];
      let started: readonly number[] = [];
      const end = (engine: Engine) => {
        children = descendantsOf(engine.pid);
        started = runningOf(children, /node.*@pulumi\/pulumi\/cmd\//);
        deaths[how](engine);
      };
      const killed = await run(project, [...up, ...ofProject], { interrupt: { at, end } });
      for (let second = 0; second < secondsToEnd && runningOf(started).length > 0; second += 1) {
        await sleep(1_000);
      }
      const left = runningOf(started);
      // Plugins of others look for their engine every five minutes.
      for (const pid of runningOf(children)) process.kill(pid, "SIGKILL");
      return { ...killed, started, left };
    },
    cancel: async () => {
      // A kill may leave the attributes of a state empty, which the backend does not read. A person deletes them.
      const attributes = `${stateFile}.attrs`;
      if ((await readFile(attributes, "utf8").catch(() => undefined)) === "") await rm(attributes);
      await succeeded(run(project, ["cancel", name, "--yes"]));
    },
    taint: async (urn) => {
      await succeeded(run(project, ["state", "taint", urn, "--stack", name, "--yes"]));
    },
    outputs: async (...flags) =>
      JSON.parse(await ofStack("output", "--json", ...flags)) as Record<string, unknown>,
    state: () => readState(stateFile),
    restate: async (state) => {
      const input = JSON.stringify(state);
      await succeeded(run(project, ["stack", "import", "--stack", name], { input }));
    },
    remove: () => rm(folder, { recursive: true }),
  };
}

interface Engine {
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** How an engine ends, once what it printed so far has this. */
interface Interrupt {
  readonly at: RegExp;
  readonly end: (engine: Engine) => void;
}

/** How an engine ends that its plugins know nothing of: as by the kernel, or because nobody reads it. */
const deaths = {
  kill: ({ pid }: Engine) => process.kill(pid, "SIGKILL"),
  brokenPipe: ({ stdout, stderr }: Engine) => {
    stdout.destroy();
    stderr.destroy();
  },
};

/** What an engine has started is to end within so many seconds after it. */
const secondsToEnd = 10;

/** Does something once what a process has printed so far has this. */
export function once(printing: Readable, at: RegExp, then: () => void): void {
  let printed = "";
  const look = (chunk: Buffer) => {
    printed += chunk.toString();
    if (!at.test(printed)) return;
    printing.off("data", look);
    then();
  };
  printing.on("data", look);
}

/** Those of some processes that run, of these commands; one that has ended may wait for its parent. */
function runningOf(pids: readonly number[], command = /./): number[] {
  if (pids.length === 0) return [];
  const asked = ["-o", "pid=,stat=,args=", "-p", pids.join(",")];
  const { stdout } = execaSync("ps", asked, { reject: false });
  const running = stdout.split("\n").filter((line) => command.test(line) && !/^ *\d+ Z/.test(line));
  return running.map((line) => Number.parseInt(line, 10)).filter((pid) => !Number.isNaN(pid));
}

function descendantsOf(pid: number): number[] {
  const { stdout } = execaSync("pgrep", ["-P", String(pid)], { reject: false });
  const children = stdout.split("\n").filter(Boolean).map(Number);
  return children.flatMap((child) => [child, ...descendantsOf(child)]);
}

/** The engine writes the stack's salt beside the project from which the stack is made. */
async function initialise(
  folder: string,
  name: string,
  run: (cwd: string, args: readonly string[]) => Promise<EngineRun>,
): Promise<void> {
  const program = stringify({ name: "taskrunner-storage", runtime: "nodejs" });
  await writeFile(join(folder, "Pulumi.yaml"), program);
  await succeeded(run(folder, ["stack", "init", name, "--non-interactive"]));
}

async function succeeded(running: Promise<EngineRun>): Promise<EngineRun> {
  const run = await running;
  if (run.failed) throw new Error(run.output);
  return run;
}

const prefix = "taskrunner-storage:";

interface SettingsFile {
  readonly encryptionsalt: string;
  readonly config?: Readonly<Record<string, unknown>>;
}

async function readSettings(file: string): Promise<SettingsFile> {
  return parse(await readFile(file, "utf8")) as SettingsFile;
}

async function writeSettings(file: string, settings: Record<string, unknown>): Promise<void> {
  const { encryptionsalt } = await readSettings(file);
  const config = Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [`${prefix}${key}`, value]),
  );
  await writeFile(file, stringify({ encryptionsalt, config }));
}

const noState = JSON.stringify({ deployment: {} });

interface Checkpoint {
  readonly version: number;
  readonly checkpoint: { readonly latest?: object };
}

/** Read from the backend's file, because a run of the CLI costs more than all that a test asks of it. */
export async function readState(file: string): Promise<string> {
  const { version, checkpoint } = JSON.parse(await readFile(file, "utf8")) as Checkpoint;
  return JSON.stringify({ version, deployment: checkpoint.latest ?? {} });
}
