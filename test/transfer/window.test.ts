import { rename } from "node:fs/promises";
import { join } from "node:path";
import { Collection } from "mongodb";
import { describe, expect, it, vi } from "vitest";
import { readCutoverRecord, writeCutoverRecord } from "../../components/state";
import { type Report, importState, verifyState } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import { addFiles, approval, artifact, entry, logLine, run, textsOf } from "./state";
import { RollbackStack, finished, running, stoppedBy, upSecond } from "./rollback-stack";

const stack = new RollbackStack();
const { Verification } = providers;

const submitted = { steps: [{ stepId: "build", status: "Pending", attempts: 0 }] };
const manifest = {
  runId: "late",
  outputs: [artifact("bundle", { capturedAt: "2025-11-07T00:00:00Z" })],
};

/** Web submits a run on files after the handover. */
async function submit(updatedAt: string) {
  await addFiles(stack.root, {
    "state/runs/late.json": run("late", { ...submitted, updatedAt }),
    "logs/runs/late.ndjson": [logLine(1, { message: "by web" }), logLine(2)],
    "artifacts/late/artifact-manifest.json": manifest,
  });
}

/** The worker begins this run in MongoDB from its job. */
async function begin(date: string) {
  const document = await stack.runs.findOne({ _id: "busy" });
  const updatedAt = new Date(date);
  await stack.runs.insertOne({ ...document, _id: "late", ...running, updatedAt });
  await stack.db.collection("pack_run_logs").insertOne(entry("late", 1, { message: "by worker" }));
}

const earlier = "2025-11-06T10:00:00Z";
const later = "2025-11-06T11:00:00Z";

it.each([
  ["newer", { disk: earlier, mongo: later }],
  ["older, because clocks are apart,", { disk: later, mongo: earlier }],
])(
  "a run begun in MongoDB from its job counts as there, although it looks %s",
  async (_, dates) => {
    const before = await stack.cutover();
    await submit(dates.disk);
    await begin(dates.mongo);
    const { report } = await stack.finalPass(before);
    expect(report).toMatchObject({ begunInMongo: { count: 1, cases: ["late"] }, quarantine: [] });
    expect(stack.printed.join("\n")).toMatch(/1 run that web wrote .* begun in MongoDB: late/);
    const logs = stack.db.collection("pack_run_logs");
    expect(await logs.find({ runId: "late" }).toArray()).toMatchObject([{ message: "by worker" }]);
    expect(await verifyState(stack.sides)).toMatchObject({ holds: true });
    expect(await importState({ ...stack.sides, pass: "final" })).not.toHaveProperty("begunInMongo");

    await stack.change("late", finished);
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ exported: { conflicts: { count: 0 } }, held: { count: 0 } });
    expect(await stack.onDisk("late")).toMatchObject(finished);
    const files = await stack.files();
    expect(files["logs/runs/late.ndjson"]).toContain("by worker");
    expect(Object.keys(files).filter((name) => name.startsWith("superseded/"))).toEqual([
      "superseded/artifacts/late/artifact-manifest.json",
      "superseded/logs/runs/late.ndjson",
      "superseded/state/runs/late.json",
    ]);
  },
);

it.each([
  ["newer", earlier, later],
  ["older, because clocks are apart,", later, earlier],
])(
  "a run that the worker begins while the final pass writes counts too, although it looks %s",
  async (_, disk, mongo) => {
    const before = await stack.cutover();
    await submit(disk);
    // The pass compared both sides, and announces what it is about to insert.
    vi.spyOn(Collection.prototype, "bulkWrite").mockImplementationOnce(async function (
      this: Collection,
      operations,
      options,
    ) {
      await begin(mongo);
      return this.bulkWrite(operations, options);
    });
    const { report } = await stack.finalPass(before);
    expect(report).toMatchObject({ begunInMongo: { count: 1, cases: ["late"] }, quarantine: [] });
    expect(await verifyState(stack.sides)).toMatchObject({ holds: true });
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ exported: { conflicts: { count: 0 } }, held: { count: 0 } });
    expect(await stack.onDisk("late")).toMatchObject(running);
  },
);

it.each([
  ["with a step begun on files", { "state/runs/late.json": run("late", running) }],
  ["that MongoDB does not have", { "state/runs/new.json": run("new", submitted) }],
])("a run %s stays as it is", async (_, files) => {
  const before = await stack.cutover();
  if ("state/runs/late.json" in files) await begin(later);
  await addFiles(stack.root, files);
  const { report } = await stack.finalPass(before);
  expect(report).not.toHaveProperty("begunInMongo");
  expect(await stack.files()).toMatchObject(textsOf<string>(files));
});

it("a run that was imported is no such run, also without its checkpoint", async () => {
  await addFiles(stack.root, { "state/runs/first.json": run("first", submitted) });
  const before = await stack.cutover();
  const own = stack.db.collection<{ _id: string }>("pack_run_backfill");
  expect(await own.deleteOne({ _id: "run:first" })).toMatchObject({ deletedCount: 1 });
  await stack.change("first", { ...running, updatedAt: new Date() });
  const { report } = await stack.finalPass(before);
  expect(report).not.toHaveProperty("begunInMongo");
  expect(await verifyState(stack.sides)).toMatchObject({ holds: true });
});

describe("an approval on files, once MongoDB is the source of truth", () => {
  const gate = "state/approvals/busy.json";
  const write = (status: string) =>
    addFiles(stack.root, { [gate]: [approval("owners", { status })] });
  const inMongo = () => stack.db.collection("pack_run_approvals").findOne({});

  it("counts if web decided it before the final pass, also if the pass was interrupted", async () => {
    await write("pending");
    const before = await stack.cutover();
    const record = await readCutoverRecord(stack.root);
    const finalPassAt = new Date().toISOString();
    if (record) await writeCutoverRecord(stack.root, { ...record, finalPassAt });
    await write("approved");
    await stack.finalPass(before);
    expect(await inMongo()).toMatchObject({ status: "approved" });
  });

  it.each([
    ["approved", "pending"],
    ["pending", "approved"],
  ])("is a conflict if it is %s after it, and stops the verification", async (file, agreed) => {
    await write(agreed);
    const log = "logs/runs/slow.ndjson";
    await addFiles(stack.root, { [log]: "{half\n" });
    const before = await stack.cutover();
    const first = await stack.finalPass(before);
    await write(file);
    // A quarantined line makes the pass due again.
    const again = await upSecond(first, stack.second(before));
    expect(again.report).toMatchObject({ approvals: { updated: 0, quarantined: 1 } });
    expect(await importState({ ...stack.sides, from: "start" })).toMatchObject({
      approvals: { updated: 0, quarantined: 1 },
    });
    expect(await inMongo()).toMatchObject({ status: agreed });
    const { reasons } = await stoppedBy(Verification.create(stack.inputs()));
    expect(reasons.join("\n")).toMatch(/1 approval .*busy:owners \(status\)/);
    // The way on: the right content in its file.
    await write(agreed);
    await addFiles(stack.root, { [log]: "" });
    expect((await Verification.create(stack.inputs())).outs).toHaveProperty("report");
  });

  it("is a conflict if it was set back before the final pass", async () => {
    await write("approved");
    const before = await stack.cutover();
    await write("pending");
    const { report } = await stack.finalPass(before);
    expect(report).toMatchObject({ approvals: { updated: 0, quarantined: 1 } });
    expect(await inMongo()).toMatchObject({ status: "approved" });
  });
});

it("a run whose approval was decided in the window is listed once, with its archived job", async () => {
  const approvals = (status: string) => JSON.stringify([approval("owners", { status })]);
  const asked = ["busy", "slow", "done"];
  const all = (status: string) =>
    Object.fromEntries(asked.map((id) => [`state/approvals/${id}.json`, approvals(status)]));
  await addFiles(stack.root, all("Pending"));
  await addFiles(stack.root, { "queue/archive/2.json": { runId: "busy", at: 1 } });
  const before = await stack.cutover();
  await addFiles(stack.root, all("Approved"));
  await addFiles(stack.root, { "queue/1.json": { RunId: "busy" } });
  await rename(join(stack.root, "queue/1.json"), join(stack.root, "queue/archive/1.json"));
  const outs = await stack.finalPass(before);
  const { decidedLate } = outs.report as Report<"import">;
  expect(decidedLate?.cases.toSorted((a, b) => (a.runId < b.runId ? -1 : 1))).toEqual([
    { runId: "busy", job: "queue/archive/1.json" },
    { runId: "slow" },
  ]);
  expect(stack.printed.join("\n")).toMatch(/warning: 2 runs .*archive\/1\.json.*\[decided-late\]/);
  expect(await importState({ ...stack.sides, pass: "final" })).not.toHaveProperty("decidedLate");
});
