import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { parse, stringify } from "yaml";
import { engine, engineEnvironment } from "../../tools/parts";

const project = "taskrunner-storage";
const prefix = `${project}:`;

/** A stack in its own folder. */
export interface BenchStack {
  readonly folder: string;
  /** Writes its settings; `mongoUri` is encrypted in them. */
  configure(settings: Readonly<Record<string, unknown>>, mongoUri: string): Promise<void>;
  /** Runs `pulumi` on it. @throws Error with what it printed if it fails */
  pulumi(...args: string[]): Promise<void>;
  remove(): Promise<void>;
}

/** Creates an empty stack of a folder's program, and leaves the folder's settings as they are. */
export async function makeBenchStack(program: string): Promise<BenchStack> {
  const folder = await mkdtemp(join(tmpdir(), "bench-stack-"));
  const env = await engineEnvironment(await engine(), folder, "a passphrase of the bench");
  const settingsFile = join(folder, "Pulumi.bench.yaml");
  const run = async (cwd: string, ...args: string[]) => {
    const all = [...args, "--stack", "bench", "--non-interactive", "--color", "never"];
    await promisify(execFile)("pulumi", all, { cwd, env });
  };
  await writeFile(join(folder, "Pulumi.yaml"), stringify({ name: project, runtime: "nodejs" }));
  // The engine writes the stack's salt beside this project's file.
  await run(folder, "stack", "init");
  return {
    folder,
    configure: async (settings, mongoUri) => {
      await run(folder, "config", "set", "--secret", "mongoUri", mongoUri);
      const file = parse(await readFile(settingsFile, "utf8")) as { config: object };
      const config: Record<string, unknown> = { ...file.config };
      for (const [key, value] of Object.entries(settings)) config[`${prefix}${key}`] = value;
      await writeFile(settingsFile, stringify({ ...file, config }));
    },
    pulumi: (...args) => run(program, ...args, "--config-file", settingsFile),
    remove: () => rm(folder, { recursive: true }),
  };
}
