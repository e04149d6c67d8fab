import { Long, MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { startDelay } from "./sink/delay";
import type { Listening } from "./sink/listen";
import { changeInMongo, changeOnDisk, writeRuns } from "./runs";
import { createSchema, defaultNames } from "./sides";
import { startSink } from "./sink/server";
import { exportState, importState, verifyState } from "../../components/transfer";
import { defaultSides } from "../transfer/database";
import { writeState } from "../transfer/state";

let sink: Listening;
let client: MongoClient;
let db: Db;
let tests = 0;

beforeAll(async () => {
  sink = await startSink();
  client = await new MongoClient(uriOf(sink)).connect();
});

beforeEach(async () => {
  db = client.db(`test_${++tests}`);
  const index = { key: { runId: 1, sequence: 1 }, name: "run_sequence", unique: true };
  await db.command({ createIndexes: "logs", indexes: [index] });
  const documents = ["b", "a", "c"].flatMap((runId) =>
    Array.from({ length: 300 }, (_one, at) => ({ runId, sequence: Long.fromNumber(at + 1) })),
  );
  await db.collection("logs").insertMany(documents, { ordered: false });
});

afterAll(async () => {
  await client.close();
  await sink.stop();
});

it("gives the documents of a query in the order of an index, over several replies", async () => {
  const found = await db.collection("logs").find({}).sort({ runId: 1, sequence: 1 }).toArray();
  expect(found).toHaveLength(900);
  expect(found.map(({ runId, sequence }) => [runId, sequence] as unknown)).toEqual(
    ["a", "b", "c"].flatMap((runId) => Array.from({ length: 300 }, (_one, at) => [runId, at + 1])),
  );
});

it("finds ranges of several runs at once, and only the fields that are asked for", async () => {
  const $or = [
    { runId: "a", sequence: { $lte: 2 } },
    { runId: "c", sequence: { $gte: Long.fromNumber(300) } },
  ];
  const projection = { _id: 0, runId: 1, sequence: 1 };
  const found = await db.collection("logs").find({ $or }, { projection }).toArray();
  expect(found).toEqual([
    { runId: "a", sequence: 1 },
    { runId: "a", sequence: 2 },
    { runId: "c", sequence: 300 },
  ]);
});

it("reads an index backward as well", async () => {
  const logs = db.collection("logs");
  const options = {
    sort: { sequence: -1 },
    limit: 2,
    projection: { _id: 0, sequence: 1 },
  } as const;
  expect(await logs.find({ runId: "b" }, options).toArray()).toEqual([
    { sequence: 300 },
    { sequence: 299 },
  ]);
  const below = { runId: "b", sequence: { $lte: Long.fromNumber(7) } };
  expect(await logs.find(below, options).toArray()).toEqual([{ sequence: 7 }, { sequence: 6 }]);
});

it("finds the ends of logs by an aggregation", async () => {
  const pipeline = [{ $sort: { sequence: -1 } }, { $limit: 1 }];
  const lookup = { from: "logs", localField: "_id", foreignField: "runId", as: "end" };
  const found = db.aggregate([
    { $documents: ["a", "none", "c"].map((_id) => ({ _id: { $literal: _id } })) },
    { $lookup: { ...lookup, pipeline } },
    { $unwind: "$end" },
  ]);
  expect(await found.toArray()).toMatchObject([
    { _id: "a", end: { runId: "a", sequence: 300 } },
    { _id: "c", end: { runId: "c", sequence: 300 } },
  ]);
});

it("updates only what still is as it was seen, and inserts what is not there", async () => {
  const state = db.collection<{ _id: string; next: object | null; agreed?: object }>("state");
  const next = { disk: "1", mongo: "2" };
  const announce = { filter: { _id: "a" }, update: { $set: { next } }, upsert: true };
  const settle = {
    filter: { _id: "a", next },
    update: { $set: { agreed: next, next: null } },
  };
  await state.bulkWrite([{ updateOne: announce }], { ordered: false });
  expect(await state.bulkWrite([{ updateOne: settle }])).toMatchObject({ modifiedCount: 1 });
  expect(await state.bulkWrite([{ updateOne: settle }])).toMatchObject({ matchedCount: 0 });
  expect(await state.find().toArray()).toEqual([{ _id: "a", agreed: next, next: null }]);
});

it("refuses a second document of an _id, and says what it does not know", async () => {
  const state = db.collection<{ _id: string }>("state");
  await state.insertOne({ _id: "a" });
  await expect(state.insertMany([{ _id: "a" }, { _id: "b" }], { ordered: false })).rejects.toThrow(
    "E11000",
  );
  expect(await state.find().toArray()).toHaveLength(2);
  await expect(state.findOne({ _id: { $regex: "a" } } as object)).rejects.toThrow("$regex");
});

it("knows all that an import, a verification and an export ask for", async () => {
  const root = await writeState({});
  await writeRuns(root, 20, "whole");
  const transfer = client.db("transfer");
  await createSchema(transfer);
  const sides = { ...defaultSides(transfer, root), collections: defaultNames.collections };
  expect(await importState(sides)).toMatchObject({ runs: { inserted: 20 }, quarantine: [] });
  await changeOnDisk(root, [3, 7], 1);
  expect(await importState({ ...sides, pass: "delta" })).toMatchObject({
    runs: { updated: 2, unchanged: 18 },
    logs: { inserted: 2 },
  });
  expect(await verifyState(sides)).toMatchObject({ holds: true });
  await changeInMongo(transfer, [5], 2);
  expect(await exportState(sides)).toMatchObject({ runs: { written: 1 }, logs: { written: 1 } });
});

it("takes the delay of each direction once for each round trip", async () => {
  const delayed = await startDelay(sink.port, 40);
  const far = await new MongoClient(uriOf(delayed)).connect();
  try {
    const started = performance.now();
    for (let count = 0; count < 3; count += 1) await far.db("test").command({ hello: 1 });
    expect(performance.now() - started).toBeGreaterThanOrEqual(3 * 2 * 39);
  } finally {
    await far.close();
    await delayed.stop();
  }
});

function uriOf({ port }: Listening): string {
  return `mongodb://127.0.0.1:${String(port)}/?directConnection=true`;
}
