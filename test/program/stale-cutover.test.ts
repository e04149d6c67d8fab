import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { EngineRun } from "../engine/stack";
import { lifeForTests } from "./life";

const life = lifeForTests();

const onFiles = () => life.configure({ storageMode: "filesystem" });
/** The settings of a file in Git that names this cutover. */
const naming = (cutover: number) => life.configure({ cutover });

async function succeeded(running: Promise<EngineRun>): Promise<void> {
  const { failed, output } = await running;
  expect(failed, output).toBe(false);
}

/** A preview and an `up` are refused, and nothing is changed. @returns what they print */
async function refused(): Promise<string> {
  const before = await life.stack.state();
  const preview = await life.stack.preview();
  const up = await life.stack.up();
  expect([preview.failed, up.failed]).toEqual([true, true]);
  expect(up.output).not.toMatch(/ (created|updated)/);
  expect(await life.modes()).toEqual(["filesystem", "filesystem"]);
  expect(await life.stack.state()).toEqual(before);
  return `${preview.output}\n${up.output}`;
}

describe("a stale file in Git", () => {
  it("is refused after a rollback, in the preview and in up, until it names the next cutover", async () => {
    await onFiles();
    await succeeded(life.stack.up());
    await naming(1);
    await succeeded(life.stack.up());
    expect(await life.stack.outputs()).toMatchObject({ storageMode: "mongo", cutover: 1 });
    await onFiles();
    await succeeded(life.stack.up());
    expect(await life.stack.outputs()).toMatchObject({ storageMode: "filesystem", cutover: 2 });

    await naming(1);
    const today = new Date().toISOString().slice(0, 10);
    expect(await refused()).toMatch(new RegExp(`Cutover 1 .*rolled back on ${today}`));
    await naming(2);
    await succeeded(life.stack.up());
    expect(await life.modes()).toEqual(["mongo", "mongo"]);
  });

  it("a cutover in force keeps its number", async () => {
    await naming(1);
    const { failed, output } = await life.stack.up();
    expect(failed).toBe(true);
    expect(output).toContain("Set cutover: 2.");
    await naming(2);
    const up = await life.stack.up();
    expect(up.failed).toBe(false);
    expect(up.output).not.toMatch(/ (created|updated)/);
  });

  it("stays stale as the revert of a revert", async () => {
    await onFiles();
    await succeeded(life.stack.up());
    for (const cutover of [1, 2]) {
      await naming(cutover);
      expect(await refused()).toContain("set cutover: 3");
    }
  });
});

it("a stack that lost its state learns of ended cutovers before the worker is drained", async () => {
  life.stack.forget();
  for (const cutover of [1, 2]) {
    await naming(cutover);
    const { failed, output } = await life.stack.up();
    expect(failed).toBe(true);
    expect(output).toContain("cutover: 3");
    expect(output).not.toContain("ValuesFile taskrunner-worker");
    expect(await life.modes()).toEqual(["filesystem", "filesystem"]);
  }
  await naming(3);
  await succeeded(life.stack.up());
  expect(await life.modes()).toEqual(["mongo", "mongo"]);
  const cutoverRecord = await readFile(join(life.root, "cutover.json"), "utf8");
  expect(JSON.parse(cutoverRecord)).toMatchObject({ cutover: 3 });
});

it("a cutover that stopped before it was recorded goes on under its number", async () => {
  await onFiles();
  await succeeded(life.stack.up());
  const file = join(life.root, "state/runs/broken.json");
  await writeFile(file, '{ "runId": "broken", "status": "Running" }');
  await naming(4);
  expect((await life.stack.up()).failed).toBe(true);
  expect(await life.modes()).toEqual(["filesystem", "filesystem"]);
  await rm(file);
  await succeeded(life.stack.up());
  expect(await life.modes()).toEqual(["mongo", "mongo"]);
});
