import { readFile, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { Binary, type Document } from "mongodb";
import { expect, it } from "vitest";
import { importState, verifyState, exportState } from "../../components/transfer";
import { emptyDatabasePerTest } from "../server";
import { exportCounts } from "./counts";
import { sidesOf } from "./database";
import {
  addFiles,
  approval,
  artifact,
  entry,
  filesIn,
  jsonIn,
  lines,
  logLine,
  run,
  writeState,
  textsOf,
} from "./state";

const current = emptyDatabasePerTest();

const { sides, runs, logs } = sidesOf(current);

const state = textsOf({
  "state/runs/r-1.json": `\ufeff${JSON.stringify(run("r-1", { tenantId: null, extra: [1, null] }))}`,
  "state/runs/a_b.json": run("a/b"),
  "state/approvals/r-1.json": [approval("gate"), approval("two", { status: 0 })],
  "logs/runs/r-1.ndjson": [logLine(1), logLine(2, { level: "WARN" })],
  "logs/runs/a_b.ndjson": [logLine(1)],
  "artifacts/r-1/artifact-manifest.json": {
    schema: "v1",
    runId: "r-1",
    uploadedAt: "2025-11-06T11:00:00.1234567+00:00",
    outputs: [artifact("a"), { ...artifact("b"), capturedAt: null }],
  },
});

/** A service changes a run in MongoDB. */
const change = (runId: string, set: Document) => runs().updateOne({ _id: runId }, { $set: set });

it("everything goes to an empty folder, in the layout that it came from", async () => {
  const root = await writeState(state);
  await importState(sides(root));
  const to = await writeState({});
  const report = await exportState(sides(to));
  expect(report).toMatchObject({ files: 6, runs: { written: 2 }, logs: { written: 3 } });
  expect(Object.keys(await filesIn(to))).toEqual(Object.keys(state).sort());
  expect(await jsonIn(to, "state/runs/r-1.json")).toEqual({
    ...run("r-1", { tenantId: null, extra: [1, null] }),
    requestedAt: "2025-11-06T10:00:00.000Z",
    createdAt: "2025-11-06T10:00:01.123Z",
    updatedAt: "2025-11-06T10:00:02.500Z",
  });
  expect(await jsonIn(to, "artifacts/r-1/artifact-manifest.json")).toMatchObject({
    runId: "r-1",
    uploadedAt: "2025-11-06T11:00:00.123Z",
    outputs: [{ name: "a", capturedAt: "2025-11-06T10:00:01.000Z" }, { name: "b" }],
  });
  expect(await readFile(join(to, "logs/runs/a_b.ndjson"), "utf8")).toBe(
    // When the log is written there is no run's file yet that tells whose it is.
    lines({ runId: "a/b", ...logLine(1), timestamp: "2025-11-06T10:00:01.000Z" }),
  );
  expect(await verifyState(sides(to))).toMatchObject({ holds: true, runs: { equal: 2 } });
});

it("what changed only in MongoDB is written, and only what changed in a record", async () => {
  const root = await writeState(state);
  await importState(sides(root));
  const updatedAt = new Date("2025-11-07T00:00:00Z");
  await change("r-1", { updatedAt, "steps.0.status": "Failed" });
  await runs().insertOne({ ...((await runs().findOne({ _id: "a/b" })) ?? {}), _id: "new" });
  await logs().insertMany([entry("r-1", 3), entry("r-1", 4), entry("new", 1)]);
  await current.db
    .collection("pack_run_approvals")
    .updateOne({ approvalId: "two" }, { $set: { status: "rejected" } });

  expect(await exportState(sides(root))).toMatchObject({
    files: 5,
    runs: exportCounts(3, { written: 2, unchanged: 1 }),
    logs: exportCounts(3, { written: 3 }),
    artifacts: exportCounts(2, { unchanged: 2 }),
    approvals: exportCounts(2, { written: 1, unchanged: 1 }),
  });
  expect(await jsonIn(root, "state/runs/r-1.json")).toEqual(
    run("r-1", {
      tenantId: null,
      extra: [1, null],
      updatedAt: "2025-11-07T00:00:00.000Z",
      steps: [{ stepId: "build", status: "Failed", attempts: 1 }],
    }),
  );
  expect(await jsonIn(root, "state/approvals/r-1.json")).toEqual([
    approval("gate"),
    approval("two", { status: 2 }),
  ]);
  const log = await readFile(join(root, "logs/runs/r-1.ndjson"), "utf8");
  expect(log.startsWith(state["logs/runs/r-1.ndjson"])).toBe(true);
  expect(log.split("\n")).toHaveLength(5);

  const after = await filesIn(root);
  expect(await exportState({ ...sides(root), all: true })).toMatchObject({ files: 0, bytes: 0 });
  expect(await filesIn(root)).toEqual(after);
  expect(await verifyState(sides(root))).toMatchObject({ holds: true, runs: { equal: 3 } });
});

it("a file that changed too stays, and MongoDB's content goes to a conflict copy", async () => {
  const root = await writeState(state);
  await importState(sides(root));
  await change("r-1", { planHash: "by MongoDB" });
  const file = JSON.stringify(run("r-1", { planHash: "by file" }));
  await addFiles(root, { "state/runs/r-1.json": file });

  const report = await exportState(sides(root));
  expect(report.runs).toEqual(exportCounts(2, { conflicts: 1, unchanged: 1 }));
  expect(report.conflicts.cases).toEqual([
    {
      id: "r-1",
      file: "state/runs/r-1.json",
      copy: "conflicts/state/runs/r-1.json",
      detail: expect.stringMatching(/: planHash, extra$/) as string,
    },
  ]);
  expect(await readFile(join(root, "state/runs/r-1.json"), "utf8")).toBe(file);
  expect(await jsonIn(root, "conflicts/state/runs/r-1.json")).toMatchObject({
    planHash: "by MongoDB",
    extra: [1, null],
  });
});

it("a file that cannot be read stays, and MongoDB's content goes to a conflict copy", async () => {
  const root = await writeState(state);
  await importState(sides(root));
  await change("r-1", { planHash: "by MongoDB" });
  await addFiles(root, { "state/runs/r-1.json": '{"runId":' });
  const { conflicts } = await exportState(sides(root));
  expect(conflicts.cases).toMatchObject([{ id: "r-1", copy: "conflicts/state/runs/r-1.json" }]);
  expect(await readFile(join(root, "state/runs/r-1.json"), "utf8")).toBe('{"runId":');
});

it("a conflict copy is not state: no import reads it, and the next export replaces it", async () => {
  const root = await writeState(state);
  await importState(sides(root));
  await addFiles(root, { "state/runs/r-1.json": run("r-1", { planHash: "mine" }) });
  for (const planHash of ["first", "second"]) {
    await change("r-1", { planHash });
    expect(await exportState(sides(root))).toMatchObject({ runs: { conflicts: 1 } });
    expect(await jsonIn(root, "conflicts/state/runs/r-1.json")).toMatchObject({ planHash });
    expect((await importState(sides(root))).runs).toMatchObject({ read: 2, quarantined: 1 });
  }
  expect(await filesIn(join(root, "state"))).not.toHaveProperty(["runs/r-1.mongo.json"]);
});

it("a conflict copy of artifacts is dated by what it has", async () => {
  const name = "artifacts/r/artifact-manifest.json";
  const root = await writeState({ [name]: "not read" });
  const captured = (day: number) => new Date(`2025-11-0${day}T00:00:00.000Z`);
  await current.db.collection("pack_artifacts").insertMany([
    { runId: "r", name: "a", capturedAt: captured(1) },
    { runId: "r", name: "b", capturedAt: captured(2), notes: new Binary() },
  ]);
  expect(await exportState(sides(root))).toMatchObject({
    artifacts: exportCounts(2, { conflicts: 1, unwritable: 1 }),
  });
  expect(await jsonIn(root, `conflicts/${name}`)).toMatchObject({
    uploadedAt: captured(1).toISOString(),
    outputs: [{ name: "a" }],
  });
});

it("of two approvals that differ the decision counts, and two decisions conflict", async () => {
  const root = await writeState({
    "state/approvals/r.json": ["a", "b", "c"].map((id) => approval(id)),
  });
  await importState(sides(root));
  const approvals = current.db.collection("pack_run_approvals");
  await approvals.updateMany({ approvalId: { $ne: "c" } }, { $set: { status: "approved" } });
  const a = approval("a", { note: 1 });
  const b = approval("b", { status: "rejected" });
  const c = approval("c");
  await addFiles(root, { "state/approvals/r.json": [a, b, c] });

  expect(await exportState(sides(root))).toMatchObject({
    approvals: exportCounts(3, { written: 1, conflicts: 1, unchanged: 1 }),
    conflicts: { cases: [{ id: "r:b", copy: "conflicts/state/approvals/r.json" }] },
  });
  expect(await jsonIn(root, "state/approvals/r.json")).toMatchObject([
    { approvalId: "a", status: "approved" },
    b,
    c,
  ]);
  expect(await jsonIn(root, "conflicts/state/approvals/r.json")).toMatchObject([
    { approvalId: "b", status: "approved" },
  ]);
});

it("statuses stay as services write them, in both directions", async () => {
  const approvals = [approval("a", { status: "Approved" }), approval("b", { status: "Hold" })];
  const outputs = [artifact("x", { status: "missing" })];
  const files = textsOf({
    "state/approvals/r.json": approvals,
    "artifacts/r/artifact-manifest.json": { outputs },
  });
  const root = await writeState(files);
  expect(await importState(sides(root))).toMatchObject({ quarantine: [] });
  const stored = current.db.collection("pack_run_approvals");
  expect(await stored.find().sort({ approvalId: 1 }).toArray()).toMatchObject([
    { approvalId: "a", status: "Approved" },
    { approvalId: "b", status: "Hold" },
  ]);
  await stored.updateOne({ approvalId: "a" }, { $set: { status: "approved" } });
  expect(await exportState({ ...sides(root), all: true })).toMatchObject({ files: 0 });
  expect(await filesIn(root)).toEqual(files);

  await stored.updateOne({ approvalId: "b" }, { $set: { status: "Rejected" } });
  expect(await exportState(sides(root))).toMatchObject({ files: 1, conflicts: { count: 0 } });
  expect(await jsonIn(root, "state/approvals/r.json")).toMatchObject([
    { approvalId: "a", status: "Approved" },
    { approvalId: "b", status: "Rejected" },
  ]);
});

it("two ids that share a file's name: the id inside has it, the other is reported", async () => {
  const root = await writeState(state);
  await importState(sides(root));
  const other = { ...((await runs().findOne({ _id: "a/b" })) ?? {}), _id: "a_b" };
  await runs().insertOne(other);
  await logs().insertMany([entry("a_b", 1), entry("a/b", 2)]);
  const report = await exportState(sides(root));
  expect(report.unwritable.cases.map(({ id, detail }) => `${id}: ${detail}`)).toEqual([
    "a_b:1: run a/b already has the file name of this run",
    "a_b: run a/b already has the file name of this run",
  ]);
  expect(report.logs).toMatchObject({ written: 1 });
  expect(await jsonIn(root, "state/runs/a_b.json")).toEqual(run("a/b"));
});

it.each(["..", "", ".hidden", "x".repeat(300)])("no file stands for the id %j", async (runId) => {
  await runs().insertOne({ _id: runId });
  const root = await writeState({});
  expect(await exportState(sides(root))).toMatchObject({ files: 0, runs: { unwritable: 1 } });
  expect(await filesIn(root)).toEqual({});
});

it("what JSON cannot hold is reported, and the rest is written", async () => {
  await current.db.collection("pack_artifacts").insertMany([
    { runId: "r", name: "a", notes: new Binary(Buffer.from("x")) },
    { runId: "r", name: "b", size: NaN },
    { runId: "r", name: "c" },
  ]);
  const root = await writeState({});
  const report = await exportState(sides(root));
  expect(report.unwritable.cases).toEqual([
    { id: "r:a", reason: "form", detail: expect.stringMatching(/Binary$/) as string },
    { id: "r:b", reason: "form", detail: expect.stringContaining("NaN") as string },
  ]);
  expect(await jsonIn(root, "artifacts/r/artifact-manifest.json")).toEqual({
    runId: "r",
    outputs: [{ name: "c" }],
  });
});

it("a file that is deleted on disk comes back, one that is deleted in MongoDB stays", async () => {
  const root = await writeState(state);
  await importState(sides(root));
  await rm(join(root, "state/runs/r-1.json"));
  await runs().deleteOne({ _id: "a/b" });
  expect(await exportState(sides(root))).toMatchObject({ runs: exportCounts(1, { written: 1 }) });
  expect(Object.keys(await filesIn(root))).toEqual(Object.keys(state).sort());
});

it("a folder of the layout that leads out of the root is refused", async () => {
  const root = await writeState({});
  const other = await writeState({ "runs/x": "" });
  await symlink(other, join(root, "logs"));
  await expect(exportState(sides(root))).rejects.toThrow(/logs\/runs is a link/);
});
