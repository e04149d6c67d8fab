import { cp, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { makeStack, type EngineRun, type TestStack } from "./stack";
import { deployedMode } from "./values";
import { type BorrowedServer, borrowServer } from "../pool";

const minutes = 60_000;

let stack: TestStack;
let server: BorrowedServer;

beforeAll(async () => {
  stack = await makeStack();
  server = await borrowServer();
  await generateSample(join(stack.folder, "state"), { runs: 5 });
  await cp("tools/sample/rollout", join(stack.folder, "rollout"), { recursive: true });
}, 15 * minutes);
afterAll(async () => {
  await server.release();
  await stack.remove();
});

const settings = () => ({
  mongoUri: `${server.uri}/taskrunner`,
  backfill: { source: { path: join(stack.folder, "state") } },
  rollout: { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" },
});
const onFiles = () => stack.configure({ ...settings(), storageMode: "filesystem" });
/** The settings of a file in Git that names this cutover. */
const naming = (cutover?: number) =>
  stack.configure({ ...settings(), ...(cutover !== undefined && { cutover }) });

const workerMode = () => deployedMode(join(stack.folder, "rollout"), "worker");

async function succeeded(running: Promise<EngineRun>): Promise<void> {
  const { failed, output } = await running;
  expect(failed, output).toBe(false);
}

/** A preview and an `up` are refused, and nothing is changed. @returns what they print */
async function refused(): Promise<string> {
  const before = await stack.state();
  const preview = await stack.preview();
  const up = await stack.up();
  expect([preview.failed, up.failed]).toEqual([true, true]);
  expect(await workerMode()).toBe("filesystem");
  expect(inputsIn(await stack.state())).toEqual(inputsIn(before));
  return `${preview.output}\n${up.output}`;
}

/** The inputs of the stack's own resources; a secret is encrypted anew each time. */
function inputsIn(state: string): unknown {
  const { deployment } = JSON.parse(state.replaceAll(/"v1:[^"]+"/g, '""')) as {
    deployment: { resources: readonly { urn: string; type: string; inputs?: object }[] };
  };
  return deployment.resources
    .filter(({ type }) => type.startsWith("pulumi-nodejs:"))
    .map(({ urn, inputs }) => [urn, inputs]);
}

describe("a stale file in Git", () => {
  it(
    "is refused after a rollback, in the preview and in up, until it names the next cutover",
    async () => {
      await onFiles();
      await succeeded(stack.up());
      await naming(1);
      await succeeded(stack.up());
      expect(await stack.outputs()).toMatchObject({ storageMode: "mongo", cutover: 1 });
      await onFiles();
      await succeeded(stack.up());
      expect(await stack.outputs()).toMatchObject({ storageMode: "filesystem", cutover: 2 });

      await naming(1);
      const today = new Date().toISOString().slice(0, 10);
      expect(await refused()).toMatch(new RegExp(`Cutover 1 .*rolled back on ${today}`));
      await naming(2);
      await succeeded(stack.up());
      expect(await workerMode()).toBe("mongo");
    },
    8 * minutes,
  );

  it(
    "a cutover in force keeps its number",
    async () => {
      await naming(1);
      const { failed, output } = await stack.up();
      expect(failed).toBe(true);
      expect(output).toContain("Set cutover: 2.");
      await naming(2);
      const up = await stack.up();
      expect(up.failed).toBe(false);
      expect(up.output).not.toMatch(/\d+ (updated|created)/);
    },
    4 * minutes,
  );

  it(
    "stays stale as the revert of a revert, and passes no service by --target",
    async () => {
      await onFiles();
      await succeeded(stack.up());
      for (const cutover of [1, 2]) {
        await naming(cutover);
        expect(await refused()).toContain("set cutover: 3");
      }
      const targets = ["worker", "web", "handover"].flatMap((name) => [
        "--target",
        `**::taskrunner-${name}`,
      ]);
      await stack.pulumi("up", "--yes", "--skip-preview", ...targets);
      expect(await workerMode()).toBe("filesystem");
      await stack.pulumi("up", "--yes", "--skip-preview", "--exclude", "**::taskrunner-cutover");
      expect(await workerMode()).toBe("filesystem");
    },
    8 * minutes,
  );
});

describe("a stack whose state is not what it was", () => {
  const file = () => join(stack.folder, "pulumi/.pulumi/stacks/taskrunner-storage/test.json");

  it(
    "learns of ended cutovers from fence.json and the ledger, before the worker is drained",
    async () => {
      const text = await readFile(file(), "utf8");
      const state = JSON.parse(text) as { checkpoint: { latest: object } };
      state.checkpoint.latest = { ...state.checkpoint.latest, resources: [] };
      await writeFile(file(), JSON.stringify(state));
      for (const cutover of [1, 2]) {
        await naming(cutover);
        const { failed, output } = await stack.up();
        expect(failed).toBe(true);
        expect(output).toContain("cutover: 3");
        expect(output).not.toContain("ValuesFile taskrunner-worker creating");
        expect(await workerMode()).toBe("filesystem");
      }
      await naming(3);
      await succeeded(stack.up());
      expect(await workerMode()).toBe("mongo");
      const fence = await readFile(join(stack.folder, "state/fence.json"), "utf8");
      expect(JSON.parse(fence)).toMatchObject({ cutover: 3 });
    },
    8 * minutes,
  );
});

it(
  "a cutover that stopped before its fence goes on under its number",
  async () => {
    await onFiles();
    await succeeded(stack.up());
    const file = join(stack.folder, "state/state/runs/broken.json");
    await writeFile(file, '{ "runId": "broken", "status": "Running" }');
    await naming(4);
    expect((await stack.up()).failed).toBe(true);
    expect(await workerMode()).toBe("filesystem");
    await rm(file);
    await succeeded(stack.up());
    expect(await workerMode()).toBe("mongo");
  },
  6 * minutes,
);
