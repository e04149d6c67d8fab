import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { stringify, parse } from "yaml";
import { readFile } from "node:fs/promises";
import { engine, engineEnvironment } from "../../tools/parts";

const project = resolve(__dirname, "../..");
const name = "test";

/** What a run of the engine ended with: everything it printed, and its exit status. */
export interface Run {
  readonly output: string;
  readonly failed: boolean;
}

/** A stack of the real program on the real engine, in a folder of its own. */
export interface TestStack {
  /** Absolute; everything the test makes is below it, and it goes with the stack. */
  readonly folder: string;
  /** Writes the stack's settings file; `mongoUri` is encrypted in it. */
  configure(settings: Record<string, unknown>): Promise<void>;
  pulumi(...args: string[]): Promise<Run>;
  preview(): Promise<Run>;
  up(): Promise<Run>;
  outputs(): Promise<Record<string, unknown>>;
  remove(): Promise<void>;
}

/** Makes an empty stack. The repository's own settings files are neither read nor written. */
export async function makeStack(): Promise<TestStack> {
  const folder = await mkdtemp(join(tmpdir(), "stack-"));
  const env = await engineEnvironment(await engine(), folder, "a passphrase of the tests");
  const settingsFile = join(folder, `Pulumi.${name}.yaml`);
  const run = async (cwd: string, args: readonly string[], input = ""): Promise<Run> => {
    const { all, failed } = await execa("pulumi", args, { cwd, env, input, all: true, reject: false });
    return { output: all, failed };
  };
  const inProject = (...args: string[]) =>
    run(project, [...args, "--stack", name, "--non-interactive"]);
  const withSettings = (...args: string[]) => inProject(...args, "--config-file", settingsFile);

  await mkdir(folder, { recursive: true });
  // Made from here, because the engine writes the stack's salt beside the project it is made from.
  await writeFile(join(folder, "Pulumi.yaml"), stringify({ name: "taskrunner-storage", runtime: "nodejs" }));
  const made = await run(folder, ["stack", "init", name, "--non-interactive"]);
  if (made.failed) throw new Error(made.output);

  return {
    folder,
    configure: async ({ mongoUri, ...settings }) => {
      const kept = parse(await readFile(settingsFile, "utf8")) as { encryptionsalt: string };
      const config = Object.fromEntries(
        Object.entries(settings).map(([key, value]) => [`taskrunner-storage:${key}`, value]),
      );
      await writeFile(settingsFile, stringify({ encryptionsalt: kept.encryptionsalt, config }));
      if (mongoUri === undefined) return;
      const secret = ["config", "set", "--secret", "mongoUri", "--stack", name];
      const set = await run(folder, secret, String(mongoUri));
      if (set.failed) throw new Error(set.output);
    },
    pulumi: withSettings,
    preview: () => withSettings("preview", "--diff"),
    up: () => withSettings("up", "--yes", "--skip-preview"),
    outputs: async () =>
      JSON.parse((await inProject("stack", "output", "--json")).output) as Record<string, unknown>,
    remove: () => rm(folder, { recursive: true }),
  };
}
