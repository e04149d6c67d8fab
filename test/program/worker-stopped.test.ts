import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { lifeForTests } from "./life";

const life = lifeForTests();

/** An `up` with the cutover for which somebody has stopped the worker. */
async function up(storageMode: "mongo" | "filesystem", workerStopped?: number) {
  await life.configure({ storageMode, rollout: { workerStopped } });
  return life.stack.up();
}

it("a state directory that is wrong stops in the preview, and before the schema", async () => {
  const path = join(life.stack.folder, "stat");
  await life.configure({ backfill: { source: { path } } });
  for (const run of [await life.stack.preview(), await life.stack.up()]) {
    expect(run.failed).toBe(true);
    expect(run.output).toMatch(/state directory \S+\/stat is not a readable directory/);
  }
  expect(await life.db.listCollections().toArray()).toEqual([]);
});

describe("a worker that the program cannot see", () => {
  it("stops the cutover after the bulk pass, until the settings say that it is stopped", async () => {
    const unsaid = await up("mongo");
    expect(unsaid.failed).toBe(true);
    expect(unsaid.output).toContain("set rollout.workerStopped: 1");
    expect(unsaid.output).toMatch(/BulkPass .*created/);
    expect(unsaid.output).not.toMatch(/(Handover|FinalPass) .*creat/);
    expect(await life.modes()).toEqual(["filesystem", "filesystem"]);

    expect(await up("mongo", 1)).toMatchObject({ failed: false });
    expect(await life.modes()).toEqual(["mongo", "mongo"]);
    expect(await life.stack.outputs()).toMatchObject({ verification: { holds: true } });
  });

  it("stays on files if somebody reverted the commit of its values file, in a preview too", async () => {
    const file = join(life.directory, "taskrunner-storage.worker.values.yaml");
    const text = await readFile(file, "utf8");
    await writeFile(file, text.replace("value: mongo", "value: filesystem"));
    expect(await life.modes()).toEqual(["filesystem", "mongo"]);

    expect((await life.stack.preview()).output).toContain("[stop: mode-changed]");
    const refused = await up("mongo", 1);
    expect(refused.failed).toBe(true);
    expect(refused.output).toMatch(/has worker in filesystem mode.* this stack wrote mongo mode/);
    expect(await life.modes()).toEqual(["filesystem", "mongo"]);
  });

  it("stops no rollback, and counts for one cutover only", async () => {
    const back = await up("filesystem", 1);
    expect(back).toMatchObject({ failed: false });
    expect(back.output).toContain("[stop-worker]");
    expect(await life.modes()).toEqual(["filesystem", "filesystem"]);

    await life.configure({ cutover: 1, rollout: { workerStopped: 1 } });
    expect((await life.stack.preview()).output).toMatch(
      /set cutover: 2, and rollout\.workerStopped: 2 once/,
    );
    const stale = await up("mongo", 1);
    expect(stale.failed).toBe(true);
    expect(stale.output).toContain("set rollout.workerStopped: 2");
    expect(await life.modes()).toEqual(["filesystem", "filesystem"]);
  });
});
