import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { lifeForTests } from "./life";

const life = lifeForTests();
/** As Pulumi prints it without an engine. */
const start = /^info: \[runtime\] The values files set worker and web to /m;

/** The last lines of an update, which end what it prints. */
async function lastLines(storageMode: "mongo" | "filesystem"): Promise<string[]> {
  await life.configure({ storageMode });
  expect((await life.stack.preview()).output).not.toMatch(start);
  const up = await life.stack.up();
  expect(up.failed, up.output).toBe(false);
  const last = up.output.slice(up.output.search(start)).split("\n");
  return last.map((line) => line.replace(/^info: \[runtime\] /, ""));
}

it("a stack on files says that nothing was created in MongoDB", async () => {
  expect(await lastLines("filesystem")).toEqual([
    "The values files set worker and web to files. No collection and no document was created in MongoDB.",
    expect.stringContaining("`pulumi preview`"),
  ]);
  expect(await life.db.listCollections().toArray()).toEqual([]);
});

it("an update that fails says nothing of it", async () => {
  const bad = join(life.root, "state/runs/bad.json");
  await writeFile(bad, "{");
  await life.configure({ storageMode: "mongo" });
  const up = await life.stack.up();
  expect(up.failed).toBe(true);
  expect(up.output).not.toMatch(start);
  await rm(bad);
});

it("a cutover ends with what is verified and what to do, and a second update with one line", async () => {
  const lines = await lastLines("mongo");
  expect(lines).toEqual([
    expect.stringMatching(/ MongoDB since 20\S+ \(cutover 1\)\.$/),
    expect.stringMatching(/^Verified: .* 5 runs, /),
    expect.stringMatching(/^Next: .*taskrunner-storage\.worker\.values\.yaml/),
    expect.stringMatching(/^To roll back, /),
  ]);
  expect(await lastLines("mongo")).toEqual(lines.slice(0, 1));
});

it("a rollback ends with what all of its passes exported", async () => {
  const changes = { $set: { planHash: "by web", updatedAt: new Date() } };
  await life.db.collection("pack_runs").updateOne({}, changes);
  expect(await lastLines("filesystem")).toEqual([
    "The values files set worker and web to files. Cutover 1 was rolled back.",
    `Exported to ${life.root}: 1 run.`,
    expect.stringMatching(/^Next: /),
    "To cut over again, set storageMode: mongo and cutover: 2.",
  ]);
  expect(await life.stack.outputs()).toMatchObject({ rollback: { exported: true, runs: 1 } });
});
