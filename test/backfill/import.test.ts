import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { importState, verifyState } from "../../components/backfill";
import { collections, wantedSchema } from "../../components/contract";
import { startMongo, type MongoServer } from "../../tools/parts";
import { documentOptions } from "../contract/options";
import { addFiles, approval, artifact, layout, lines, logLine, run, stateRoot } from "./state";

let folder: string;
let server: MongoServer;
let client: MongoClient;
let database: Db;
let databases = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "backfill-"));
  server = await startMongo({ directory: join(folder, "data") });
  client = await new MongoClient(server.uri).connect();
});
afterAll(async () => {
  await client.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

/** A database with the contract's validators and unique indexes, as the migration leaves it. */
beforeEach(async () => {
  database = client.db(`backfill_${++databases}`);
  const { collections: wanted, indexes } = wantedSchema(documentOptions);
  for (const { name, validator } of wanted) await database.createCollection(name, { validator });
  for (const { collection, name, key, unique } of indexes.filter((index) => index.unique)) {
    const wantedIndex = { key: Object.fromEntries(key), name, unique };
    await database.command({ createIndexes: collection, indexes: [wantedIndex] });
  }
});

const sides = (root: string) => ({
  database,
  collections: documentOptions.collections,
  root,
  layout,
  approvals: true,
});

const counts = (read: number, outcomes: object) => ({
  read,
  inserted: 0,
  updated: 0,
  unchanged: 0,
  normalized: 0,
  quarantined: 0,
  ...outcomes,
});

const twoRuns = {
  "state/runs/r-1.json": JSON.stringify(run("r-1", { tenantId: "t", extra: { kept: [1, null] } })),
  "state/runs/r-2.json": `\ufeff${JSON.stringify(run("r-2", { tenantId: null }), null, 2)}`,
  "state/approvals/r-1.json": JSON.stringify([approval("gate"), approval("two", { status: 1 })]),
  "logs/runs/r-1.ndjson": lines(
    ...Array.from({ length: 2_500 }, (_, at) => logLine(at + 1, { metadata: { at: String(at) } })),
  ),
  "logs/runs/r-2.ndjson": lines(logLine(1, { level: "WARN" }), logLine(2, { metadata: { n: 1 } })),
  "artifacts/r-1/artifact-manifest.json": JSON.stringify({
    outputs: [artifact("a"), artifact("b")],
  }),
};

it("a first import inserts everything, and the verification holds", async () => {
  const root = await stateRoot(twoRuns);
  const report = await importState(sides(root));
  expect(report).toMatchObject({
    files: 6,
    runs: counts(2, { inserted: 2 }),
    logs: counts(2_502, { inserted: 2_502, normalized: 2 }),
    artifacts: counts(2, { inserted: 2 }),
    approvals: counts(2, { inserted: 2, normalized: 1 }),
    conversions: { enumeration: 2, metadataText: 1 },
    quarantine: [],
  });
  const stored = await database.collection<{ _id: string }>("pack_runs").findOne({ _id: "r-1" });
  expect(stored).toMatchObject({ createdAt: new Date("2025-11-06T10:00:01.123Z"), tenantId: "t" });
  expect(await verifyState(sides(root))).toMatchObject({
    holds: true,
    runs: { files: 2, mongo: 2, equal: 2, newerInMongo: 0, onlyInMongo: 0, onlyInFiles: [] },
    logs: { files: 2_502, mongo: 2_502, equal: 2_502 },
  });
});

it("a second import changes nothing, and every record is unchanged", async () => {
  const root = await stateRoot(twoRuns);
  await importState(sides(root));
  const before = await everything();
  expect(await importState(sides(root))).toMatchObject({
    runs: counts(2, { unchanged: 2 }),
    logs: counts(2_502, { unchanged: 2_502, normalized: 2 }),
    artifacts: counts(2, { unchanged: 2 }),
    approvals: counts(2, { unchanged: 2, normalized: 1 }),
  });
  expect(await everything()).toEqual(before);
});

it("two imports at once end in the same state, with every record counted in each", async () => {
  const root = await stateRoot(twoRuns);
  const [one, other] = await Promise.all([importState(sides(root)), importState(sides(root))]);
  expect(one.logs.inserted + other.logs.inserted).toBe(2_502);
  for (const report of [one, other]) {
    expect(report.logs).toMatchObject({ read: 2_502, quarantined: 0 });
    expect(report.quarantine).toEqual([]);
  }
  expect(await verifyState(sides(root))).toMatchObject({ holds: true });
});

it("a later import brings what is new and leaves the rest", async () => {
  const root = await stateRoot(twoRuns);
  await importState(sides(root));
  await addFiles(root, {
    "state/runs/r-3.json": JSON.stringify(run("r-3")),
    "logs/runs/r-2.ndjson": twoRuns["logs/runs/r-2.ndjson"] + lines(logLine(3)),
  });
  expect(await importState(sides(root))).toMatchObject({
    runs: counts(3, { inserted: 1, unchanged: 2 }),
    logs: counts(2_503, { inserted: 1, unchanged: 2_502, normalized: 2 }),
  });
});

it("a conflict is never overwritten: it is quarantined with what differs", async () => {
  const root = await stateRoot(twoRuns);
  await importState(sides(root));
  const before = await everything();
  await addFiles(root, {
    "state/runs/r-1.json": JSON.stringify(run("r-1", { planHash: "another", tenantId: "t" })),
    "logs/runs/r-2.ndjson": lines(logLine(1, { level: "WARN", message: "another" })),
  });
  const report = await importState(sides(root));
  expect(report.runs).toEqual(counts(2, { unchanged: 1, quarantined: 1 }));
  expect(report.quarantine).toEqual([
    {
      file: "state/runs/r-1.json",
      reason: "conflict",
      detail: "MongoDB has another content: planHash, extra",
    },
    {
      file: "logs/runs/r-2.ndjson",
      line: 1,
      reason: "conflict",
      detail: "MongoDB has another content: message",
    },
  ]);
  expect(await everything()).toEqual(before);
});

it("a decision on disk beats pending in MongoDB, and no other decision", async () => {
  const root = await stateRoot({
    "state/approvals/r.json": JSON.stringify([
      approval("a"),
      approval("b", { status: "rejected" }),
    ]),
  });
  await importState(sides(root));
  const decided = (id: string) => approval(id, { status: "approved", actorId: "someone" });
  await addFiles(root, {
    "state/approvals/r.json": JSON.stringify([decided("a"), decided("b")]),
  });
  const report = await importState(sides(root));
  expect(report.approvals).toEqual(counts(2, { updated: 1, quarantined: 1 }));
  const stored = database.collection("pack_run_approvals").find().sort({ approvalId: 1 });
  expect(await stored.toArray()).toMatchObject([
    { approvalId: "a", status: "approved", actorId: "someone" },
    { approvalId: "b", status: "rejected" },
  ]);
});

it("of an artifact the newer capture counts", async () => {
  const root = await stateRoot({});
  const manifest = (...outputs: object[]) =>
    addFiles(root, { "artifacts/r/artifact-manifest.json": JSON.stringify({ outputs }) });
  await manifest(artifact("a"), artifact("b"));
  await importState(sides(root));
  const newer = { capturedAt: "2025-11-07T00:00:00Z", notes: "again" };
  const older = { capturedAt: "2025-11-05T00:00:00Z", notes: "before" };
  await manifest(artifact("a", newer), artifact("b", older));
  expect(await importState(sides(root))).toMatchObject({
    artifacts: counts(2, { updated: 1, unchanged: 1 }),
  });
  expect(await verifyState(sides(root))).toMatchObject({
    holds: true,
    artifacts: { files: 2, equal: 1, newerInMongo: 1 },
  });
});

it("of two records with one key the first stays, and the other is quarantined", async () => {
  const root = await stateRoot({
    "logs/runs/r.ndjson": lines(logLine(1), logLine(1), logLine(1, { message: "another" })),
  });
  const report = await importState(sides(root));
  expect(report.logs).toEqual(counts(3, { inserted: 1, unchanged: 1, quarantined: 1 }));
  expect(report.quarantine).toMatchObject([{ line: 3, reason: "conflict" }]);
});

it("a document that MongoDB refuses is quarantined, and the others come", async () => {
  await database.command({
    collMod: collections.logs.name,
    validator: { message: { $ne: "entry 2" } },
  });
  const root = await stateRoot({ "logs/runs/r.ndjson": lines(logLine(1), logLine(2), logLine(3)) });
  const report = await importState(sides(root));
  expect(report.logs).toEqual(counts(3, { inserted: 2, quarantined: 1 }));
  expect(report.quarantine).toMatchObject([{ line: 2, reason: "server" }]);
});

it("a file's win that MongoDB refuses is quarantined, and its document stays", async () => {
  const root = await stateRoot({});
  const manifest = (...outputs: object[]) =>
    addFiles(root, { "artifacts/r/artifact-manifest.json": JSON.stringify({ outputs }) });
  await manifest(artifact("a"));
  await importState(sides(root));
  await database.command({
    collMod: collections.artifacts.name,
    validator: { notes: { $ne: "x" } },
  });
  await manifest(artifact("a", { capturedAt: "2025-11-07T00:00:00Z", notes: "x" }));
  const report = await importState(sides(root));
  expect(report.artifacts).toEqual(counts(1, { quarantined: 1 }));
  expect(report.quarantine).toMatchObject([{ reason: "server", entry: 1 }]);
  expect(await everything()).toMatchObject([{ name: "a", status: "copied" }]);
});

it("a missing state root is named, and nothing is written", async () => {
  await expect(importState(sides("/nowhere/state"))).rejects.toThrow(
    /The state root \/nowhere\/state is not a folder .* Nothing was written/,
  );
  expect(await everything()).toEqual([]);
});

it("names, numbers and order inside a plan are in MongoDB as they are on disk", async () => {
  const plan =
    '{"$set":{"a.b":1},"big":9007199254740993,"exact":0.1234567890123456789,"whole":1.0,' +
    '"__proto__":{"x":1},"when":"2025-11-06T10:00:00.1234567Z","2":"two","1":"one"}';
  const text = JSON.stringify(run("r")).replace(/"plan":\{.*?\}\]\}/, `"plan":${plan}`);
  const root = await stateRoot({ "state/runs/r.json": text });
  expect((await importState(sides(root))).quarantine).toEqual([]);
  expect(await verifyState(sides(root))).toMatchObject({ holds: true });
  const [names] = await database
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

it("the verification names what is missing and what differs", async () => {
  const root = await stateRoot(twoRuns);
  await importState(sides(root));
  await database.collection("pack_run_logs").deleteOne({ runId: "r-2", sequence: 2 });
  await database
    .collection<{ _id: string }>("pack_runs")
    .updateOne({ _id: "r-2" }, { $set: { "plan.name": "x" } });
  await database
    .collection<{ _id: string }>("pack_runs")
    .insertOne({ ...(await aRun()), _id: "r-9" });
  expect(await verifyState(sides(root))).toMatchObject({
    holds: false,
    runs: { files: 2, mongo: 3, equal: 1, onlyInMongo: 1, differing: 1, missing: 0 },
    logs: { missing: 1, onlyInFiles: ["r-2:2"] },
    approvals: { equal: 2 },
  });
  expect((await verifyState(sides(root))).runs.different).toEqual([
    { id: "r-2", paths: ["plan.name"] },
  ]);
});

it("what services write later in MongoDB is no difference", async () => {
  const root = await stateRoot(twoRuns);
  await importState(sides(root));
  await database
    .collection<{ _id: string }>("pack_runs")
    .updateOne({ _id: "r-1" }, { $set: { updatedAt: new Date(), steps: [] } });
  await database
    .collection("pack_run_approvals")
    .updateOne({ approvalId: "gate" }, { $set: { status: "approved" } });
  expect(await verifyState(sides(root))).toMatchObject({
    holds: true,
    runs: { equal: 1, newerInMongo: 1 },
    approvals: { equal: 1, newerInMongo: 1 },
  });
  expect(await importState(sides(root))).toMatchObject({
    runs: counts(2, { unchanged: 2 }),
    approvals: counts(2, { unchanged: 2, normalized: 1 }),
  });
});

it("a record on disk that cannot be imported makes the verification fail", async () => {
  const root = await stateRoot({ ...twoRuns, "state/runs/r-3.json": "{}" });
  await importState(sides(root));
  expect(await verifyState(sides(root))).toMatchObject({
    holds: false,
    runs: { files: 3, equal: 2, quarantined: 1 },
    quarantine: [{ file: "state/runs/r-3.json", reason: "contract" }],
  });
});

async function aRun() {
  const [first] = await database.collection<{ _id: string }>("pack_runs").find().toArray();
  return first;
}

async function everything(): Promise<unknown[]> {
  const names = Object.values(documentOptions.collections);
  const all = names.map((name) => database.collection(name).find().sort({ _id: 1 }).toArray());
  return (await Promise.all(all)).flat();
}
