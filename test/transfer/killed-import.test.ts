import { Collection, type Document } from "mongodb";
import { expect, it, vi } from "vitest";
import { importState, verifyState } from "../../components/transfer";
import { importCounts } from "./counts";
import { databasePerTest, sidesOf } from "./database";
import { addFiles, approval, artifact, run, writeState } from "./state";
import { killedBeforeSettling } from "./killed";

const current = databasePerTest();
const { sides } = sidesOf(current);
const collection = (name: string) => current.db.collection<Document & { _id: string }>(name);
const bases = () =>
  collection("pack_run_backfill")
    .find({ _id: /^base:/ })
    .toArray();

it.each([
  ["pack_runs", { "state/runs/new.json": run("new") }, { planHash: "a worker's" }, "runs"],
  [
    "pack_run_approvals",
    { "state/approvals/new.json": [approval("gate")] },
    { summary: "a worker's" },
    "approvals",
  ],
  [
    "pack_artifacts",
    { "artifacts/new/artifact-manifest.json": { outputs: [artifact("a")] } },
    { notes: "a worker's", capturedAt: new Date("2025-11-09T00:00:00Z") },
    "artifacts",
  ],
] as const)(
  "what a worker changed in %s before the final pass was killed is MongoDB's",
  async (name, files, change, role) => {
    const root = await writeState(files);
    await killedBeforeSettling(() => importState({ ...sides(root), pass: "final" }));
    await collection(name).updateMany({}, { $set: change });
    const report = await importState({ ...sides(root), pass: "final" });
    expect(report[role]).toEqual(importCounts(1, { unchanged: 1 }));
    expect(await collection(name).find().toArray()).toMatchObject([change]);
    expect(await verifyState(sides(root))).toMatchObject({ holds: true });
    expect(await bases()).toMatchObject([{ agreed: { disk: /./ }, next: [] }]);
  },
);

it("a run that a killed final pass inserted was not begun by a worker", async () => {
  const steps = [{ stepId: "build", status: "Pending", attempts: 0 }];
  const root = await writeState({ "state/runs/new.json": run("new", { steps }) });
  await killedBeforeSettling(() => importState({ ...sides(root), pass: "final" }));
  const report = await importState({ ...sides(root), pass: "final" });
  expect(report).toMatchObject({ runs: { unchanged: 1 }, quarantine: [] });
  expect(report).not.toHaveProperty("begunInMongo");
});

it("a run that came in between is another's: no merge base says that it came of the file's", async () => {
  const root = await writeState({ "state/runs/r.json": run("r") });
  const insert = Reflect.get(Collection.prototype, "insertMany");
  const inserts = vi
    .spyOn(Collection.prototype, "insertMany")
    .mockImplementationOnce(async function (
      this: Collection,
      documents: readonly Document[],
      options,
    ) {
      const [first] = documents;
      await this.insertOne({ ...first, planHash: "another's" });
      return insert.call(this, documents, options);
    });
  for (const { pass } of [{ pass: "bulk" }, { pass: "final" }] as const) {
    const report = await importState({ ...sides(root), pass });
    expect(report.runs).toEqual(importCounts(1, { quarantined: 1 }));
  }
  inserts.mockRestore();
  expect(await verifyState(sides(root))).toMatchObject({ holds: false, runs: { differing: 1 } });
  await addFiles(root, {
    "state/runs/r.json": run("r", { planHash: "another's" }),
  });
  expect(await importState(sides(root))).toMatchObject({ runs: { unchanged: 1 }, quarantine: [] });
});

it("a run that a worker changes between the look and the write stays the worker's", async () => {
  const root = await writeState({ "state/runs/r.json": run("r") });
  await importState(sides(root));
  await addFiles(root, {
    "state/runs/r.json": run("r", { planHash: "the file's" }),
  });
  const worker = { planHash: "a worker's", updatedAt: new Date("2025-11-07T00:00:00Z") };
  const replace = Reflect.get(Collection.prototype, "replaceOne");
  const replacements = vi
    .spyOn(Collection.prototype, "replaceOne")
    .mockImplementationOnce(async function (this: Collection, filter, ...others) {
      await this.updateMany({}, { $set: worker });
      return replace.call(this, filter, ...others);
    });
  const report = await importState({ ...sides(root), pass: "delta" });
  replacements.mockRestore();
  expect(report.runs).toEqual(importCounts(1, { quarantined: 1 }));
  expect(await collection("pack_runs").find().toArray()).toMatchObject([worker]);
});
