import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Collection } from "mongodb";
import { expect, it, vi } from "vitest";
import { type ImportPass, importPasses, importState, exportState } from "../../components/transfer";
import { listUnfinishedRuns, holdRuns } from "../../components/state";
import { databasePerTest, defaultSides } from "./database";
import { filesIn, logLine, run, twoRuns, writeState } from "./state";

const current = databasePerTest();

/** The collections in which an import inserts, in their order. */
async function insertedBy(root: string, pass: ImportPass): Promise<string[]> {
  const inserts = vi.spyOn(Collection.prototype, "insertMany");
  await importState({ ...defaultSides(current.db, root), pass });
  const order = inserts.mock.contexts.map((one) => (one as Collection).collectionName);
  inserts.mockRestore();
  return order;
}

it.each(importPasses)("a worker in Mongo mode sees no run before its parts: %s", async (pass) => {
  const order = await insertedBy(await writeState(twoRuns), pass);
  expect(order.slice(0, -1).sort()).toEqual([
    "pack_artifacts",
    "pack_run_approvals",
    "pack_run_logs",
  ]);
  expect(order.at(-1)).toBe("pack_runs");
});

it("a run's own record comes after its log, also if that takes several batches", async () => {
  const long = Array.from({ length: 6_000 }, (_, at) => logLine(at, { message: "x".repeat(300) }));
  const root = await writeState({
    "logs/runs/r.ndjson": long,
    "state/runs/r.json": run("r"),
  });
  const order = await insertedBy(root, "bulk");
  expect(order.length).toBeGreaterThan(2);
  expect(order.indexOf("pack_runs")).toBe(order.length - 1);
});

it.each(["logs/runs", "artifacts", "state/approvals"])(
  "a worker on files sees no run whose %s could not be written",
  async (folder) => {
    await importState(defaultSides(current.db, await writeState(twoRuns)));
    const root = await writeState({ [`${folder}/x`]: "" });
    await rm(join(root, folder), { recursive: true });
    await writeFile(join(root, folder), "in the way");
    const failing = exportState(defaultSides(current.db, root));
    await expect(failing).rejects.toThrow(join(root, folder));
    expect(Object.keys(await filesIn(root))).not.toContain("state/runs/r-1.json");

    await rm(join(root, folder));
    await exportState(defaultSides(current.db, root));
    expect(Object.keys(await filesIn(root))).toEqual(Object.keys(twoRuns).sort());
  },
);

it("a run that was held gets its place when its log is there", async () => {
  const steps = [{ stepId: "build", status: "Running", attempts: 1 }];
  const root = await writeState({
    "logs/runs/busy.ndjson": [logLine(1)],
    "state/runs/busy.json": run("busy", { steps }),
  });
  const sides = defaultSides(current.db, root);
  await importState(sides);
  await holdRuns(sides, await listUnfinishedRuns(sides), "f");
  await rm(join(root, "logs"), { recursive: true });
  await writeFile(join(root, "logs"), "in the way");
  await expect(exportState(sides)).rejects.toThrow(join(root, "logs"));
  expect(Object.keys(await filesIn(root))).toEqual(["held/f/state/runs/busy.json", "logs"]);

  await rm(join(root, "logs"));
  expect(await exportState(sides)).toMatchObject({
    returned: { cases: ["busy"] },
    logs: { written: 1 },
  });
});
