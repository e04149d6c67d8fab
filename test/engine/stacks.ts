import { join } from "node:path";
import { MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, expect, vi } from "vitest";
import { generateSample } from "../../tools/sample";
import { type BorrowedServer, borrowServer } from "../pool";
import { type Life, makeLife } from "../program/life";
import { makeProject, type TestProject } from "../project";
import { makeCluster, type EngineCluster } from "./cluster";
import { makeStack, type EngineRun, type StackSettings, type TestStack } from "./stack";

const minutes = 60_000;

/** Lets the tests of a file take what runs of the engine take while both cores are busy, and their hooks build a part. */
export function allowForEngine(): void {
  vi.setConfig({ testTimeout: 15 * minutes, hookTimeout: 25 * minutes });
}

interface StackBase {
  readonly stack: TestStack;
  readonly server: BorrowedServer;
  readonly client: MongoClient;
  /** The stack's database. */
  readonly db: Db;
  /** The state directory. */
  readonly root: string;
  /** Of another program, if one was asked for. */
  readonly project: TestProject;
  /** An `up` that has to succeed. */
  up(...flags: string[]): Promise<EngineRun>;
}

interface Options {
  /** The stack's name. */
  readonly name?: string;
  /** The text of another program's index.ts. */
  readonly program?: string;
  /** Whether it has the plugin for Kubernetes; one of target `helm` has it. */
  readonly kubernetes?: boolean;
  /** The size of the sample; default 5. */
  readonly runs?: number;
}

/** A stack of target `values` with a server. */
export type ValuesStack = StackBase & Life<TestStack>;

/** Makes one before a file's tests, with the time that they take, and removes it after them. */
export function valuesStack(options: Options = {}): ValuesStack {
  const current = stackForTests(options) as ValuesStack;
  beforeAll(async () => {
    Object.assign(current, await makeLife(current.server, current.stack, options));
  });
  return current;
}

export type Mode = "mongo" | "filesystem";

/** Settings of a stack of target `helm`, those of its rollout beside the site's own. */
export type HelmSettings = StackSettings & { readonly rollout?: object };

/** A stack of target `helm` with a server and a control plane, which has no release yet. */
export interface HelmStack extends StackBase {
  readonly cluster: EngineCluster;
  /** Settings beside those that lead to its server, state and releases. */
  configure(storageMode: Mode, settings?: HelmSettings): Promise<void>;
  /** An `up` with these settings that has to succeed. */
  upTo(storageMode: Mode, settings?: HelmSettings): Promise<EngineRun>;
  /** The modes of the worker's pods and of web's. */
  modes(): Promise<readonly [string[], string[]]>;
}

/** Makes one before a file's tests, with the time that they take, and removes it after them. */
export function helmStack(options: Options = {}): HelmStack {
  const current = stackForTests({ ...options, kubernetes: true }) as {
    -readonly [Key in keyof HelmStack]: HelmStack[Key];
  };
  beforeAll(async () => {
    current.cluster = await makeCluster(current.stack.folder);
    const { runs = 5 } = options;
    if (runs > 0) await generateSample(current.root, { runs });
  });
  afterAll(() => current.cluster.controlPlane.release());
  return Object.assign(current, {
    configure: (storageMode: Mode, { rollout, ...settings }: HelmSettings = {}) =>
      current.stack.configure({
        storageMode,
        mongoUri: `${current.server.uri}/taskrunner`,
        backfill: { source: { path: current.root } },
        kubernetes: current.cluster.kubernetes,
        rollout: { ...current.cluster.rollout, ...rollout },
        ...settings,
      }),
    upTo: async (storageMode: Mode, settings?: HelmSettings) => {
      await current.configure(storageMode, settings);
      return current.up();
    },
    modes: async () =>
      [await current.cluster.modesOf("worker"), await current.cluster.modesOf("web")] as const,
  });
}

/** What both have; a stack's files are made by a later hook. */
function stackForTests({ name, program, kubernetes = false }: Options): object {
  allowForEngine();
  const current = {} as { -readonly [Key in keyof StackBase]: StackBase[Key] };
  let project: TestProject | undefined;
  beforeAll(async () => {
    if (program !== undefined) project = current.project = await makeProject(program);
    current.stack = await makeStack(name, project?.folder, { kubernetes });
    current.server = await borrowServer();
    current.client = await new MongoClient(current.server.uri).connect();
    current.db = current.client.db("taskrunner");
    current.root = join(current.stack.folder, "state");
  });
  afterAll(async () => {
    await current.client.close();
    await current.server.release();
    await current.stack.remove();
    await project?.remove();
  });
  current.up = async (...flags) => {
    const run = await current.stack.pulumi("up", "--yes", "--skip-preview", ...flags);
    expect(run.failed, run.output).toBe(false);
    return run;
  };
  return current;
}
