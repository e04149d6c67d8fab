import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, it } from "vitest";
import { repository } from "../../tools/parts";
import { makeStack, type TestStack } from "./stack";

const minutes = 60_000;

/** Git has this stack's settings, in mode mongo. */
const name = "dev";
let stack: TestStack;

beforeAll(async () => {
  stack = await makeStack(name);
}, 15 * minutes);
afterAll(() => stack.remove());

/** Gives the stack the outputs of a rollback that Git does not know of. */
async function rolledBack(commit: string): Promise<void> {
  const file = join(stack.folder, `pulumi/.pulumi/stacks/taskrunner-storage/${name}.json`);
  const state = JSON.parse(await readFile(file, "utf8")) as { checkpoint: object };
  const type = "pulumi:pulumi:Stack";
  const urn = `urn:pulumi:${name}::taskrunner-storage::${type}::taskrunner-storage-${name}`;
  const source = { commit, storageMode: "mongo" };
  const outputs = { storageMode: "filesystem", source };
  const manifest = { time: "2026-11-26T00:00:00Z", magic: "", version: "" };
  const latest = { manifest, resources: [{ urn, custom: false, type, outputs }] };
  await writeFile(file, JSON.stringify({ ...state, checkpoint: { stack: name, latest } }));
}

it(
  "the program reads its own last outputs, and warns of what a workflow would refuse",
  async () => {
    const { stdout: commit } = await execa("git", ["rev-parse", "HEAD"], { cwd: repository });
    await rolledBack(commit);
    const settings = {
      mongoUri: "mongodb://127.0.0.1:1/taskrunner",
      rollout: { target: "values", directory: join(repository, "sample/rollout") },
    };
    await stack.configure({ ...settings, storageMode: "mongo" });
    const words = "A workflow would refuse this: dev was rolled back and runs on files";

    expect((await stack.preview()).output).toContain(words);
    await stack.configure({ ...settings, storageMode: "filesystem" });
    const back = await stack.preview();
    expect(back.failed).toBe(false);
    expect(back.output).not.toContain(words);
  },
  5 * minutes,
);
