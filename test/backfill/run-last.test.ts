import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type ImportStage, importInto, importState } from "../../components/transfer";
import { exportState } from "../../components/transfer/export/export";
import { holdRuns } from "../../components/state/held";
import type { Batch } from "../../components/transfer/import/pipeline";
import { openStateFolder } from "../../components/state/address";
import { databasePerTest, twoRuns } from "./database";
import { filesIn, sidesOf } from "./export-sides";
import { layout } from "./layout";
import { lines, logLine, run, stateRoot } from "./state";

const current = databasePerTest();

/** The collections in the order in which an import writes to them. */
async function orderOf(stage: ImportStage): Promise<string[]> {
  const roles = new Set<string>();
  const write = ({ role, records }: Batch) => {
    roles.add(role);
    return Promise.resolve(new Map(records.map((record) => [record, "inserted" as const])));
  };
  await importInto({ write }, { root: await stateRoot(twoRuns), layout, approvals: true, stage });
  return [...roles];
}

it("a worker in Mongo mode sees no run before its log: the final import takes runs last", async () => {
  expect(await orderOf("final")).toEqual(["logs", "artifacts", "approvals", "runs"]);
  expect(await orderOf("delta")).toEqual(["runs", "logs", "artifacts", "approvals"]);
});

it.each(["logs/runs", "artifacts", "state/approvals"])(
  "a worker on files sees no run whose %s could not be written",
  async (folder) => {
    await importState(sidesOf(current.database, await stateRoot(twoRuns)));
    const root = await stateRoot({ [`${folder}/x`]: "" });
    await rm(join(root, folder), { recursive: true });
    await writeFile(join(root, folder), "in the way");
    const failing = exportState(sidesOf(current.database, root));
    await expect(failing).rejects.toThrow(join(root, folder));
    expect(Object.keys(await filesIn(root))).not.toContain("state/runs/r-1.json");

    await rm(join(root, folder));
    await exportState(sidesOf(current.database, root));
    expect(Object.keys(await filesIn(root))).toEqual(Object.keys(twoRuns).sort());
  },
);

it("a run that was held gets its place when its log is there", async () => {
  const steps = [{ stepId: "build", status: "Running", attempts: 1 }];
  const root = await stateRoot({
    "logs/runs/busy.ndjson": lines(logLine(1)),
    "state/runs/busy.json": JSON.stringify(run("busy", { steps })),
  });
  const sides = sidesOf(current.database, root);
  await importState(sides);
  await holdRuns(await openStateFolder(sides), ["busy"]);
  await rm(join(root, "logs"), { recursive: true });
  await writeFile(join(root, "logs"), "in the way");
  await expect(exportState(sides)).rejects.toThrow(join(root, "logs"));
  expect(Object.keys(await filesIn(root))).toEqual(["held/state/runs/busy.json", "logs"]);

  await rm(join(root, "logs"));
  expect(await exportState(sides)).toMatchObject({ returned: ["busy"], logs: { written: 1 } });
});
