import { BSON, type Document } from "mongodb";
import { expect, it } from "vitest";
import { importState, verifyState } from "../../components/transfer";
import { bothEqual, importCounts } from "./counts";
import { databasePerTest, sidesOf } from "./database";
import { addFiles, approval, artifact, run, writeState } from "./state";

const current = databasePerTest();
const { sides } = sidesOf(current);

/** Names that an update would take for operators, among them the serialiser's discriminator. */
const dollars = { $type: "PackRunState", $schema: { $ref: "x" }, $set: { planHash: "$planHash" } };

it("names with $ survive a file's win, wherever they are in the record", async () => {
  const filesOf = (version: string) => ({
    "state/runs/first.json": { ...dollars, ...run("first", { planHash: version }) },
    "state/runs/last.json": { ...run("last", { planHash: version }), ...dollars },
    "state/approvals/first.json": [{ ...dollars, ...approval("gate", { summary: version }) }],
    "artifacts/first/artifact-manifest.json": {
      outputs: [{ ...dollars, ...artifact("a", { notes: version }) }],
    },
  });
  const root = await writeState(filesOf("1"));
  await importState(sides(root));
  const before = await current.db.collection("pack_artifacts").findOne();
  await addFiles(root, filesOf("2"));
  expect(await importState(sides(root))).toMatchObject({
    runs: importCounts(2, { updated: 2 }),
    approvals: importCounts(1, { updated: 1 }),
    artifacts: importCounts(1, { updated: 1 }),
    quarantine: [],
  });
  const [after] = await current.db.collection("pack_artifacts").find().toArray();
  expect(after).toEqual({ ...before, notes: "2" });
  expect(await verifyState(sides(root))).toMatchObject(bothEqual);
});

it("of documents that MongoDB refuses for a reason of their own only these are quarantined", async () => {
  const filesOf = (good: number, bad: number) => ({
    "state/runs/good.json": run("good", { ticket: good }),
    "state/runs/bad.json": run("bad", { ticket: bad }),
  });
  const root = await writeState(filesOf(1, 2));
  await importState(sides(root));
  const collection = current.db.collection<Document & { _id: string }>("pack_runs");
  const index = { key: { ticket: 1 }, name: "a site's", unique: true };
  await current.db.command({ createIndexes: "pack_runs", indexes: [index] });
  await collection.insertOne({ ...(await collection.findOne()), _id: "a service's", ticket: 3 });
  await addFiles(root, filesOf(4, 3));
  const report = await importState(sides(root));
  expect(report.runs).toEqual(importCounts(2, { updated: 1, quarantined: 1 }));
  expect(report.quarantine).toMatchObject([
    { file: "state/runs/bad.json", reason: "server", detail: "MongoDB refuses it with code 11000" },
  ]);
});

it("a record whose document has 16 MiB to the byte is quarantined, and no other", async () => {
  const limit = 16 * 1024 * 1024;
  const root = await writeState({
    "state/runs/r.json": run("r", { pad: "" }),
    "state/runs/other.json": run("other"),
  });
  await importState(sides(root));
  const stored = await current.db.collection("pack_runs").findOne({ pad: "" });
  const beside = BSON.calculateObjectSize(stored ?? {});
  const runs = async (bytes: number) => {
    const pad = "x".repeat(bytes - beside);
    await addFiles(root, { "state/runs/r.json": run("r", { pad }) });
    await current.db.collection("pack_runs").deleteMany({});
    return (await importState(sides(root))).runs;
  };
  expect(await runs(limit)).toEqual(importCounts(2, { inserted: 1, quarantined: 1 }));
  expect(await runs(limit - 1)).toEqual(importCounts(2, { inserted: 2 }));
});
