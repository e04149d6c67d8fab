import { type BulkWriteOptions, Collection, type Document, type InsertManyResult } from "mongodb";
import { expect, it, vi } from "vitest";
import { importState, verifyState } from "../../components/transfer";
import { collections } from "../../components/contract";
import { importCounts } from "./counts";
import { databasePerTest, sidesOf } from "./database";
import { logLine, run, twoRuns, writeState } from "./state";

const current = databasePerTest();
const { sides } = sidesOf(current);

it("a first import inserts everything, and the verification holds", async () => {
  const root = await writeState(twoRuns);
  const report = await importState(sides(root));
  expect(report).toMatchObject({
    files: 6,
    runs: importCounts(2, { inserted: 2 }),
    logs: importCounts(302, { inserted: 302 }),
    artifacts: importCounts(2, { inserted: 2 }),
    approvals: importCounts(2, { inserted: 2 }),
    quarantine: [],
  });
  const stored = await current.db.collection<{ _id: string }>("pack_runs").findOne({ _id: "r-1" });
  expect(stored).toMatchObject({ createdAt: new Date("2025-11-06T10:00:01.123Z"), tenantId: "t" });
  expect(await verifyState(sides(root))).toMatchObject({
    holds: true,
    runs: { files: 2, mongo: 2, equal: 2, newerInMongo: 0, onlyInMongo: 0 },
    onlyInFiles: { runs: [] },
    logs: { files: 302, mongo: 302, equal: 302 },
  });
});

it("a document that MongoDB refuses is quarantined, and the others come", async () => {
  await current.db.command({
    collMod: collections.logs.name,
    validator: { message: { $ne: "entry 2" } },
  });
  const root = await writeState({
    "logs/runs/r.ndjson": [logLine(1), logLine(2), logLine(3)],
  });
  const report = await importState(sides(root));
  expect(report.logs).toEqual(importCounts(3, { inserted: 2, quarantined: 1 }));
  expect(report.quarantine).toMatchObject([{ line: 2, reason: "server" }]);
});

type InsertMany = (
  this: Collection,
  documents: readonly Document[],
  options?: BulkWriteOptions,
) => Promise<InsertManyResult>;

it("a record that another writer inserts and deletes again and again is quarantined", async () => {
  const root = await writeState({
    "state/runs/r-1.json": run("r-1"),
    "state/runs/r-2.json": run("r-2"),
  });
  const other = current.db.collection<{ _id: string }>("pack_runs");
  const insert = Reflect.get(Collection.prototype, "insertMany") as InsertMany;
  vi.spyOn(Collection.prototype, "insertMany").mockImplementation(async function (
    this: Collection,
    documents: readonly Document[],
    options,
  ) {
    const elusive = documents.find(({ _id }) => _id === "r-1");
    if (!elusive) return insert.call(this, documents, options);
    await other.insertOne({ ...elusive, _id: "r-1" });
    try {
      return await insert.call(this, documents, options);
    } finally {
      await other.deleteOne({ _id: "r-1" });
    }
  });
  const report = await importState(sides(root));
  vi.restoreAllMocks();

  expect(report.runs).toEqual(importCounts(2, { inserted: 1, quarantined: 1 }));
  expect(report.quarantine).toEqual([
    {
      file: "state/runs/r-1.json",
      reason: "server",
      detail: expect.stringContaining("another writer") as string,
    },
  ]);
  expect((await importState(sides(root))).runs).toEqual(
    importCounts(2, { inserted: 1, unchanged: 1 }),
  );
});

it("names, numbers and order inside a plan are in MongoDB as they are on disk", async () => {
  const plan =
    '{"$set":{"a.b":1},"big":9007199254740993,"exact":0.1234567890123456789,"whole":1.0,' +
    '"__proto__":{"x":1},"when":"2025-11-06T10:00:00.1234567Z","2":"two","1":"one"}';
  const text = JSON.stringify(run("r")).replace(/"plan":\{.*?\}\]\}/, `"plan":${plan}`);
  const root = await writeState({ "state/runs/r.json": text });
  expect((await importState(sides(root))).quarantine).toEqual([]);
  expect(await verifyState(sides(root))).toMatchObject({ holds: true });
  const [names] = await current.db
    .collection("pack_runs")
    .aggregate([{ $project: { names: { $objectToArray: "$plan" } } }])
    .toArray();
  expect(names?.names).toMatchObject([
    { k: "$set" },
    { k: "big" },
    { k: "exact" },
    { k: "whole" },
    { k: "__proto__" },
    { k: "when" },
    { k: "2", v: "two" },
    { k: "1", v: "one" },
  ]);
});
