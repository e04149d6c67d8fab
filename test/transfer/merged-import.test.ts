import { Collection } from "mongodb";
import { expect, it, vi } from "vitest";
import { importState, verifyState } from "../../components/transfer";
import { collections } from "../../components/contract";
import { importCounts } from "./counts";
import { databasePerTest, readEverything, sidesOf } from "./database";
import { addFiles, approval, artifact, lines, logLine, run, twoRuns, writeState } from "./state";

const current = databasePerTest();
const { sides, runs } = sidesOf(current);

it("what services write to files after a rollback is taken when it goes forward again", async () => {
  const root = await writeState(twoRuns);
  await importState(sides(root));
  await runs().updateOne({ _id: "r-2" }, { $set: { steps: [] } });
  const onFiles = { planHash: "later", tenantId: "t", updatedAt: "2025-11-08T00:00:00Z" };
  await addFiles(root, {
    "state/runs/r-1.json": run("r-1", onFiles),
    "state/approvals/r-1.json": [
      approval("gate", { status: "rejected" }),
      approval("two", { status: 1, summary: "a note" }),
    ],
    "artifacts/r-1/artifact-manifest.json": {
      outputs: [artifact("a", { status: "materialized" }), artifact("b")],
    },
  });
  expect(await importState(sides(root))).toMatchObject({
    runs: importCounts(2, { updated: 1, unchanged: 1 }),
    artifacts: importCounts(2, { updated: 1, unchanged: 1 }),
    approvals: importCounts(2, { updated: 2 }),
    quarantine: [],
  });
  expect(await runs().find().sort({ _id: 1 }).toArray()).toMatchObject([
    { planHash: "later" },
    { planHash: "sha256:1", steps: [] },
  ]);
  expect(await verifyState(sides(root))).toMatchObject({
    holds: true,
    runs: { equal: 1, newerInMongo: 1 },
    artifacts: { equal: 2 },
    approvals: { equal: 2 },
  });
});

it("a run with a field whose name is an integer is updated: a whole document is not compared by its order", async () => {
  const numbered = (planHash: string) => JSON.stringify({ ...run("r", { planHash }), 1: { x: 1 } });
  const root = await writeState({ "state/runs/r.json": numbered("first") });
  await importState(sides(root));
  await addFiles(root, { "state/runs/r.json": numbered("second") });
  // The embedded server ignores the order, which MongoDB compares.
  const replace = vi.spyOn(Collection.prototype, "replaceOne");
  expect(await importState(sides(root))).toMatchObject({ runs: { updated: 1 } });
  expect(replace.mock.calls[0]?.[0]).not.toHaveProperty("$expr");
  replace.mockRestore();
});

it("the final pass inserts new runs and quarantines those that changed on disk after the cutover", async () => {
  const root = await writeState(twoRuns);
  await importState(sides(root));
  await addFiles(root, {
    "state/runs/r-1.json": run("r-1", { planHash: "late", tenantId: "t" }),
    "state/runs/r-3.json": run("r-3"),
  });
  const report = await importState({ ...sides(root), pass: "final" });
  expect(report.runs).toEqual(importCounts(3, { inserted: 1, unchanged: 1, quarantined: 1 }));
  expect(report.quarantine).toMatchObject([{ file: "state/runs/r-1.json", reason: "conflict" }]);
});

it("a conflict is never overwritten: it is quarantined with what differs", async () => {
  const root = await writeState(twoRuns);
  await importState(sides(root));
  await runs().updateOne({ _id: "r-1" }, { $set: { planHash: "a third" } });
  const before = await readEverything(current.db);
  await addFiles(root, {
    "state/runs/r-1.json": run("r-1", { planHash: "another", tenantId: "t" }),
    "logs/runs/r-2.ndjson": [logLine(1, { level: "WARN", message: "another" })],
  });
  const report = await importState(sides(root));
  expect(report.runs).toEqual(importCounts(2, { unchanged: 1, quarantined: 1 }));
  expect(report.quarantine).toEqual([
    {
      file: "state/runs/r-1.json",
      reason: "conflict",
      detail: expect.stringMatching(/: planHash, extra$/) as string,
      runId: "r-1",
    },
    {
      file: "logs/runs/r-2.ndjson",
      line: 1,
      reason: "conflict",
      detail: "MongoDB has different content: message",
    },
  ]);
  expect(await readEverything(current.db)).toEqual(before);
});

it("a decision on disk beats pending in MongoDB, and no decision that was made there", async () => {
  const root = await writeState({
    "state/approvals/r.json": [approval("a"), approval("b")],
  });
  await importState(sides(root));
  const approvals = current.db.collection("pack_run_approvals");
  await approvals.updateOne({ approvalId: "b" }, { $set: { status: "rejected" } });
  const decided = (id: string) => approval(id, { status: "approved", actorId: "someone" });
  await addFiles(root, {
    "state/approvals/r.json": [decided("a"), decided("b")],
  });
  const report = await importState(sides(root));
  expect(report.approvals).toEqual(importCounts(2, { updated: 1, quarantined: 1 }));
  const stored = approvals.find().sort({ approvalId: 1 });
  expect(await stored.toArray()).toMatchObject([
    { approvalId: "a", status: "approved", actorId: "someone" },
    { approvalId: "b", status: "rejected" },
  ]);
});

it("of two records with one key the first stays, and the other is quarantined", async () => {
  const root = await writeState({
    "logs/runs/r.ndjson": [logLine(1), logLine(1), logLine(1, { message: "another" })],
  });
  const report = await importState(sides(root));
  expect(report.logs).toEqual(importCounts(3, { inserted: 1, unchanged: 1, quarantined: 1 }));
  expect(report.quarantine).toEqual([
    {
      file: "logs/runs/r.ndjson",
      line: 3,
      reason: "conflict",
      detail: "logs/runs/r.ndjson line 1 has the same key and different content: message",
      other: { file: "logs/runs/r.ndjson", line: 1 },
    },
  ]);
});

it("when a sequence comes again much later in a log, the first line stays", async () => {
  const message = "long ".repeat(300);
  const many = (from: number) =>
    Array.from({ length: 1_000 }, (_, at) => logLine(from + at, { message }));
  const again = [logLine(7, { message: "another" }), logLine(8, { message })];
  const root = await writeState({
    "logs/runs/q.ndjson": many(1),
    "logs/runs/r.ndjson": [...many(1), ...again, ...many(1_001)],
  });
  const report = await importState(sides(root));
  expect(report.logs).toEqual(
    importCounts(3_002, { inserted: 3_000, unchanged: 1, quarantined: 1 }),
  );
  const quarantined = {
    file: "logs/runs/r.ndjson",
    line: 1_001,
    reason: "conflict",
    detail: expect.stringMatching(/: message$/) as string,
  };
  expect(report.quarantine).toEqual([quarantined]);
  expect((await importState(sides(root))).quarantine).toEqual([quarantined]);
});

it("when an appended line repeats a sequence, the first line stays", async () => {
  const root = await writeState({ "logs/runs/r.ndjson": [logLine(5), logLine(1)] });
  await importState(sides(root));
  const text = lines(logLine(5), logLine(1), logLine(2), logLine(5, { message: "another" }));
  await addFiles(root, { "logs/runs/r.ndjson": text });
  expect((await importState(sides(root))).quarantine).toMatchObject([
    { line: 4, reason: "conflict" },
  ]);
});

it("of two logs whose names fit one run, what differs is quarantined", async () => {
  const root = await writeState({
    "state/runs/r_1.json": run("r:1"),
    "logs/runs/r:1.ndjson": [logLine(1), logLine(2)],
    "logs/runs/r_1.ndjson": [logLine(1), logLine(2, { message: "another" }), logLine(3)],
    "logs/runs/r_2.ndjson": [logLine(1)],
  });
  for (const outcomes of [{ inserted: 4, unchanged: 1 }, { unchanged: 5 }]) {
    const report = await importState(sides(root));
    expect(report.logs).toEqual(importCounts(6, { ...outcomes, quarantined: 1 }));
    expect(report.quarantine).toMatchObject([
      { file: "logs/runs/r:1.ndjson", line: 2, reason: "conflict" },
    ]);
  }
});

it("a log belongs to its run even while the run's file is held", async () => {
  const root = await writeState({
    "held/f/state/runs/a_b.json": run("a/b"),
    "logs/runs/a_b.ndjson": [logLine(1)],
  });
  expect(await importState(sides(root))).toMatchObject({ files: 1, runs: importCounts(0, {}) });
  const log = await current.db.collection("pack_run_logs").find().toArray();
  expect(log).toMatchObject([{ runId: "a/b" }]);
});

it("a file's win that MongoDB refuses is quarantined, and its document stays", async () => {
  const root = await writeState({});
  const manifest = (...outputs: object[]) =>
    addFiles(root, { "artifacts/r/artifact-manifest.json": { outputs } });
  await manifest(artifact("a"));
  await importState(sides(root));
  await current.db.command({
    collMod: collections.artifacts.name,
    validator: { notes: { $ne: "x" } },
  });
  await manifest(artifact("a", { capturedAt: "2025-11-07T00:00:00Z", notes: "x" }));
  const report = await importState(sides(root));
  expect(report.artifacts).toEqual(importCounts(1, { quarantined: 1 }));
  expect(report.quarantine).toMatchObject([{ reason: "server", entry: 1 }]);
  expect(await readEverything(current.db)).toMatchObject([{ name: "a", status: "copied" }]);
});
