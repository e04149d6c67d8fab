import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { describe, expect, it } from "vitest";
import { readCutoverRecord, writeCutoverRecord } from "../../components/state";
import { importState } from "../../components/transfer";
import { compareUnfinished } from "../../components/transfer/import/guard";
import { providers } from "../../components/transfer/provider";
import { mongosh } from "../../tools/parts";
import {
  RollbackStack,
  stoppedBy,
  type Outs,
  finished,
  running,
  sampleFiles,
} from "./rollback-stack";
import { addFiles, approval, run } from "./state";

const stack = new RollbackStack();
const { BulkPass, Handover, FirstVerification } = providers;
const busy = "state/runs/busy.json";
const gate = "state/approvals/busy.json";

/** So many finished runs that one of them may be quarantined. */
const others = Object.fromEntries(
  Array.from({ length: 120 }, (_, at) => [`state/runs/o${at}.json`, run(`o${at}`)]),
);

async function bulkPass(files: object = {}): Promise<void> {
  await addFiles(stack.root, { ...sampleFiles, ...files });
  await BulkPass.create(stack.inputs());
}

/** The next `up` after a stop of the handover. */
const handOverAgain = async (properties: object) =>
  (await Handover.update("id", properties, stack.inputs())).outs as Outs;

it.each([
  ["lately", "2025-11-06T09:00:00Z"],
  ["hours ago", "2025-11-07T09:00:00Z"],
])(
  "no cutover is recorded over a finished run whose file is refused while MongoDB has it unfinished since %s",
  async (_, updatedAt) => {
    await bulkPass({ ...others, "state/runs/newest.json": run("newest", { updatedAt }) });
    const text = JSON.stringify(run("busy", { ...finished, failurePolicy: null }));
    await writeFile(join(stack.root, busy), text);
    const { reasons, properties } = await stoppedBy(Handover.create(stack.inputs()));
    expect(reasons).toEqual([
      expect.stringMatching(
        /busy \(finished on disk since .*busy\.json .*unfinished in MongoDB since/,
      ),
    ]);
    expect(await readCutoverRecord(stack.root)).toBeUndefined();
    await stack.runs.deleteOne({ _id: "busy" });
    expect(await handOverAgain(properties)).toMatchObject({
      cutoverRecord: { unfinishedCount: 1 },
    });
  },
);

it("no cutover is recorded over a run that changed on both sides", async () => {
  await bulkPass(others);
  await stack.change("busy", { planHash: "planted" });
  await writeFile(join(stack.root, busy), JSON.stringify(run("busy", finished)));
  const { reasons, properties } = await stoppedBy(Handover.create(stack.inputs()));
  expect(reasons).toEqual([expect.stringMatching(/busy \(finished on disk .*unfinished in Mon/)]);
  await stack.runs.deleteOne({ _id: "busy" });
  expect(await handOverAgain(properties)).toMatchObject({ cutoverRecord: { unfinishedCount: 1 } });
  expect(await stack.runs.findOne({ _id: "busy" })).toMatchObject(finished);
});

it("no cutover is recorded over a run that was set back in MongoDB, and its file applies later", async () => {
  await bulkPass();
  const updatedAt = new Date("2025-11-06T09:30:00Z");
  await stack.change("done", { ...running, updatedAt });
  // Hours pass until the handover.
  const later = run("busy", { ...running, updatedAt: "2025-11-06T15:00:00Z" });
  await addFiles(stack.root, { "state/runs/busy.json": later });
  const { reasons, properties } = await stoppedBy(Handover.create(stack.inputs()));
  expect(reasons).toEqual([expect.stringMatching(/done \(finished on disk .*unfinished in Mon/)]);
  await stack.runs.deleteOne({ _id: "done" });
  await handOverAgain(properties);
  expect(await stack.runs.findOne({ _id: "done" })).toMatchObject(finished);
});

it("a run that only MongoDB has stops the cutover before the drain, and an export comes first", async () => {
  await bulkPass();
  const known = await stack.runs.findOne({ _id: "busy" });
  await stack.runs.insertOne({ ...known, _id: "x" });
  const first = await stoppedBy(FirstVerification.create(stack.toVerifyFirst()));
  expect(first.reasons).toEqual([
    expect.stringMatching(
      /: x \(no file, unfinished in MongoDB since .* delete x and its approvals in MongoDB/,
    ),
  ]);
  const at = new Date().toISOString();
  await writeCutoverRecord(stack.root, { at, unfinishedCount: 2, endedAt: at, notExported: true });
  const { reasons } = await stoppedBy(
    FirstVerification.create(stack.toVerifyFirst({ cutover: 2 })),
  );
  expect(reasons).toEqual([expect.stringMatching(/: x .*`taskrunner-storage export`/)]);
  expect(reasons[0]).not.toContain("delete x");
});

it("an unfinished run that MongoDB lost since the bulk pass is imported again", async () => {
  await bulkPass();
  await stack.runs.deleteOne({ _id: "busy" });
  expect((await Handover.create(stack.inputs())).outs).toMatchObject({
    cutoverRecord: { unfinishedCount: 2 },
  });
  expect(await stack.runs.findOne({ _id: "busy" })).toMatchObject(running);
});

it("a file that changed since is left before the drain, and imported by the delta pass", async () => {
  await addFiles(stack.root, sampleFiles);
  await importState(stack.sides);
  await writeFile(join(stack.root, busy), JSON.stringify(run("busy", finished)));
  const looked = { compared: 2, held: 0, unequal: { count: 0, cases: [] } };
  expect(await compareUnfinished(stack.sides, "bulk")).toEqual({ ...looked, changed: 1 });
  expect(await stack.runs.findOne({ _id: "busy" })).toMatchObject(running);
  expect(await compareUnfinished(stack.sides, "delta")).toEqual({ ...looked, changed: 0 });
  expect(await stack.runs.findOne({ _id: "busy" })).toMatchObject(finished);
});

it("an approval that was decided meanwhile stops nothing, and one that is refused does", async () => {
  await bulkPass({ [gate]: [approval("gate")] });
  await addFiles(stack.root, {
    [gate]: [approval("gate", { status: "approved" })],
  });
  expect(await compareUnfinished(stack.sides, "delta")).toMatchObject({ unequal: { count: 0 } });
  await addFiles(stack.root, { [gate]: [approval("gate", { status: null })] });
  const { reasons } = await stoppedBy(Handover.create(stack.inputs()));
  expect(reasons).toEqual([expect.stringMatching(/: busy \(state\/approvals\/busy\.json/)]);
});

it("an approval that was decided only in MongoDB stops the handover, of an unfinished run only", async () => {
  const decided = JSON.stringify([approval("gate")]);
  await bulkPass({ [gate]: decided, "state/approvals/done.json": decided });
  const approvals = stack.db.collection("pack_run_approvals");
  await approvals.updateMany({}, { $set: { status: "approved" } });
  const { reasons } = await stoppedBy(Handover.create(stack.inputs()));
  expect(reasons).toEqual([
    expect.stringMatching(/busy \(approval busy:gate: pending on disk, app/),
  ]);
  expect(reasons[0]).not.toContain("done");
});

/** A rollback without MongoDB held the run, and another file of it came to its folder. */
async function holdBeside(file: object) {
  await addFiles(stack.root, others);
  const before = await stack.cutover();
  await stack.change("busy", { planHash: "in MongoDB", updatedAt: new Date() });
  const outs = await stack.rollBack(before, { uri: undefined });
  await addFiles(stack.root, { [busy]: run("busy", file) });
  return { outs, next: { cutover: 2 } };
}

it("a held run's file in its folder is compared at both gates, and the held copy does not hide it", async () => {
  const { outs, next } = await holdBeside({ ...finished, updatedAt: new Date() });
  await BulkPass.create(stack.inputs(next));
  const told = /: busy \(finished on disk .*unfinished in MongoDB/;
  const first = await stoppedBy(FirstVerification.create(stack.toVerifyFirst(next)));
  expect(first.reasons).toEqual([expect.stringMatching(told)]);
  const second = await stoppedBy(Handover.update("id", outs, stack.inputs(next)));
  expect(second.reasons).toEqual([expect.stringMatching(told)]);
  await stack.runs.deleteOne({ _id: "busy" });
  const { report } = (await Handover.update("id", second.properties, stack.inputs(next)))
    .outs as Outs;
  expect(report).toMatchObject({ unfinished: { held: 1, superseded: { cases: ["busy"] } } });
  expect(stack.printed.join("\n")).toMatch(/busy.*\/superseded/);
  expect(Object.keys(await stack.files()).filter((name) => /busy|slow/.test(name))).toEqual([
    "held/state/runs/slow.json",
    "logs/runs/busy.ndjson",
    busy,
    "superseded/state/runs/busy.json",
  ]);
});

it("a held run whose file in its folder is refused stops the cutover", async () => {
  const { next } = await holdBeside({ ...finished, failurePolicy: null });
  await BulkPass.create(stack.inputs(next));
  const { reasons } = await stoppedBy(FirstVerification.create(stack.toVerifyFirst(next)));
  expect(reasons).toEqual([expect.stringMatching(/: busy \(.*cannot be imported/)]);
});

it("an approval that was set back to pending on files is pending in MongoDB too", async () => {
  await bulkPass({ [gate]: [approval("gate", { status: "approved" })] });
  await addFiles(stack.root, { [gate]: [approval("gate")] });
  expect((await Handover.create(stack.inputs())).outs).toHaveProperty("cutoverRecord");
  const approvals = stack.db.collection("pack_run_approvals");
  expect(await approvals.findOne({})).toMatchObject({ status: "pending" });
});

it("an approval that only the file has is imported again", async () => {
  await bulkPass({ [gate]: [approval("gate", { status: "approved" })] });
  const approvals = stack.db.collection("pack_run_approvals");
  await approvals.deleteMany({});
  await FirstVerification.create(stack.toVerifyFirst()).catch(() => undefined);
  expect((await Handover.create(stack.inputs())).outs).toHaveProperty("cutoverRecord");
  expect(await approvals.findOne({})).toMatchObject({ status: "approved" });
});

describe("an approval of an unfinished run that only MongoDB has", () => {
  const decided = [approval("gate", { status: "approved" })];
  const onlyInMongo = /busy \(approval busy:gate: not on disk, approved in MongoDB\)/;
  const isGone = {
    "is not in the file": () => writeFile(join(stack.root, gate), "[]"),
    "has no file": () => rm(join(stack.root, gate)),
  };

  it.each(Object.entries(isGone))("and that %s stops the cutover at both looks", async (_, go) => {
    await bulkPass({ [gate]: decided, "state/approvals/done.json": decided });
    await rm(join(stack.root, "state/approvals/done.json"));
    await go();
    const first = await stoppedBy(FirstVerification.create(stack.toVerifyFirst()));
    expect(first.reasons).toEqual([expect.stringMatching(onlyInMongo)]);
    const { reasons } = await stoppedBy(Handover.create(stack.inputs()));
    expect(reasons).toEqual([expect.stringMatching(onlyInMongo)]);
    expect(reasons[0]).not.toContain("done");
  });

  it("stops it without a merge base too, and the printed command is the way on", async () => {
    await bulkPass({ [gate]: decided });
    await writeFile(join(stack.root, gate), "[]");
    await stack.db.collection("pack_run_backfill").deleteMany({ _id: /approvals/ as never });
    const { reasons, properties } = await stoppedBy(Handover.create(stack.inputs()));
    expect(reasons).toEqual([expect.stringMatching(onlyInMongo)]);
    await runPrinted(reasons[0] ?? "");
    expect(await stack.db.collection("pack_run_approvals").countDocuments()).toBe(0);
    expect(await handOverAgain(properties)).toHaveProperty("cutoverRecord");
    expect(await stack.runs.findOne({ _id: "busy" })).toMatchObject(running);
  });
});

it("the printed command is the way on from two decisions too", async () => {
  await bulkPass({ [gate]: [approval("gate")] });
  const approvals = stack.db.collection("pack_run_approvals");
  await approvals.updateMany({}, { $set: { status: "approved" } });
  await addFiles(stack.root, { [gate]: [approval("gate", { status: "rejected" })] });
  const { reasons, properties } = await stoppedBy(Handover.create(stack.inputs()));
  expect(reasons).toEqual([expect.stringMatching(/busy \(approval busy:gate: rejected on disk/)]);
  await runPrinted(reasons[0] ?? "");
  expect(await handOverAgain(properties)).toHaveProperty("cutoverRecord");
  expect(await approvals.findOne({})).toMatchObject({ status: "rejected" });
});

/** Runs the command for the shell that a stop prints. */
async function runPrinted(text: string): Promise<void> {
  const [, command = ""] = /`(mongosh [^`]+)`/.exec(text) ?? [];
  const path = `${dirname(await mongosh())}:${process.env.PATH ?? ""}`;
  const env = { PATH: path, HOME: tmpdir(), APP_MONGO_URI: stack.server.uri };
  await execa("sh", ["-c", command], { env });
}

it("while a cutover is in force nothing is compared", async () => {
  await bulkPass();
  await Handover.create(stack.inputs());
  await rm(join(stack.root, busy));
  const { outs } = (await FirstVerification.create(stack.toVerifyFirst())) as { outs?: object };
  expect(outs).toMatchObject({ applied: true });
  expect(outs).not.toHaveProperty("report.unfinished");
});
