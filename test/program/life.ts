import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll } from "vitest";
import { generateSample } from "../../tools/sample";
import { deployedMode } from "../engine/values";
import type { StackSettings, TestStack } from "../engine/stack";
import { type BorrowedServer, borrowServer } from "../pool";
import { makeStackInProcess, type StackInProcess } from "./stack";

/** A stack of target `values` with a sample of runs. */
export interface Life<Stack> {
  readonly stack: Stack;
  /** The state directory. */
  readonly root: string;
  /** The folder of the values files. */
  readonly directory: string;
  /** Settings beside those that lead to its server, state and values files. */
  configure(settings: StackSettings): Promise<void>;
  /** What the values files say of worker and web. */
  modes(): Promise<(string | undefined)[]>;
}

interface LifeOptions {
  /** Default: `taskrunner`. */
  readonly database?: string;
  /** The size of the sample; default 5; with 0 there is no state directory. */
  readonly runs?: number;
}

/** A stack in this process and a server, before a file's tests until after them. */
export function lifeForTests(options: LifeOptions = {}) {
  const current = {} as Life<StackInProcess> & {
    readonly server: BorrowedServer;
    readonly client: MongoClient;
    /** The stack's database. */
    readonly db: Db;
  };
  beforeAll(async () => {
    const server = await borrowServer();
    const client = await new MongoClient(server.uri).connect();
    const db = client.db(options.database ?? "taskrunner");
    const life = await makeLife(server, await makeStackInProcess(), options);
    Object.assign(current, { server, client, db }, life);
  });
  afterAll(async () => {
    await current.client.close();
    await current.stack.remove();
    await current.server.release();
  });
  return current;
}

/** Gives a stack its files. */
export async function makeLife<Stack extends Pick<TestStack, "folder" | "configure">>(
  server: BorrowedServer,
  stack: Stack,
  { database = "taskrunner", runs = 5 }: LifeOptions = {},
): Promise<Life<Stack>> {
  const root = join(stack.folder, "state");
  const directory = join(stack.folder, "rollout");
  if (runs > 0) await generateSample(root, { runs });
  await cp("tools/sample/rollout", directory, { recursive: true });
  return {
    stack,
    root,
    directory,
    configure: ({ rollout, ...settings }) =>
      stack.configure({
        mongoUri: `${server.uri}/${database}`,
        ...(runs > 0 && { backfill: { source: { path: root } } }),
        rollout: { target: "values", directory, confirm: "none", ...(rollout as object) },
        ...settings,
      }),
    modes: () =>
      Promise.all((["worker", "web"] as const).map((service) => deployedMode(directory, service))),
  };
}

/** Writes a run that web takes on files: a copy of one of the sample. */
export async function takeRun(root: string, runId: string): Promise<void> {
  const folder = join(root, "state/runs");
  const example = "run-20251106-000001";
  const text = await readFile(join(folder, `${example}.json`), "utf8");
  await writeFile(join(folder, `${runId}.json`), text.replaceAll(example, runId));
}
