import { promises } from "node:fs";
import { rm } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { ObjectId } from "mongodb";
import { expect, it } from "vitest";
import { formatPrinted } from "../../components/text";
import { exportState, toMessages } from "../../components/transfer";
import { exportByHandSections } from "../../components/transfer/describe/export";
import { addFiles, approval, filesIn, jsonIn, run } from "./state";
import { RollbackStack, finished, running, runStep, sampleFiles } from "./rollback-stack";

const stack = new RollbackStack();

const job = (fields: object) => JSON.stringify({ plan: { name: "release" }, ...fields });
const pending = JSON.stringify([approval("owners")]);

/** What the services have beside the sample: a job of each kind, and an approval of a run that is unfinished. */
const withJobs = {
  ...sampleFiles,
  "state/approvals/busy.json": pending,
  "queue/1-busy.json": job({ RUNID: "busy" }),
  "queue/2-done.json": job({ runId: "done" }),
  "queue/3-broken.json": "{",
  "queue/4-late.json": job({ runId: "late" }),
  "queue/5-slow.json.tmp": job({ runId: "slow" }),
  "queue/.6-slow.json": job({ runId: "slow" }),
  "queue/archive/0-slow.json": job({ runId: "slow" }),
};

async function cutover() {
  await addFiles(stack.root, withJobs);
  return stack.cutover();
}

/** Files by what their place is to a worker: moved to `held/` or not. */
const namesIn = (files: Readonly<Record<string, string>>, start: string) =>
  Object.keys(files).filter((name) => name.startsWith(start));

it("a rollback holds with a run what may begin it anew, and names the jobs that may be its", async () => {
  const before = await cutover();
  const outs = await stack.rollBack(before, { uri: undefined });
  expect(outs.rollback).toMatchObject({
    held: { cases: ["busy", "slow"] },
    heldJobs: { cases: ["queue/3-broken.json", "queue/4-late.json"] },
  });
  const files = await stack.files();
  expect(namesIn(files, "held/")).toEqual([
    "held/queue/1-busy.json",
    "held/queue/3-broken.json",
    "held/queue/4-late.json",
    "held/state/approvals/busy.json",
    "held/state/runs/busy.json",
    "held/state/runs/slow.json",
  ]);
  expect(namesIn(files, "queue/")).toEqual([
    "queue/.6-slow.json",
    "queue/2-done.json",
    "queue/5-slow.json.tmp",
    "queue/archive/0-slow.json",
  ]);
  expect(stack.printed.join("\n")).toMatch(/warning: 2 jobs .*3-broken.*4-late.*\[jobs-held\]/);
});

it("without MongoDB a job of a run that has no file is held although no run is", async () => {
  await addFiles(stack.root, {
    "state/runs/done.json": sampleFiles["state/runs/done.json"],
    "queue/1-new.json": job({ runId: "new" }),
    "queue/2-done.json": job({ runId: "done" }),
  });
  const before = await runStep(undefined, stack.inputs());
  const outs = await stack.rollBack(before, { uri: undefined });
  expect(outs.rollback).toMatchObject({
    held: { count: 0 },
    heldJobs: { cases: ["queue/1-new.json"] },
  });
  expect(namesIn(await stack.files(), "queue/")).toEqual(["queue/2-done.json"]);
  await stack.runs.insertOne({ ...(await stack.runs.findOne({ _id: "done" })), _id: "new" });
  expect(await exportState(stack.sides)).toMatchObject({ heldJobs: { count: 0 } });
  expect(namesIn(await stack.files(), "queue/")).toHaveLength(2);
});

/** Runs that only MongoDB has, and that no file can hold: one goes on, one is finished. */
async function submitUnwritable() {
  const unwritable = { ...(await stack.runs.findOne({ _id: "busy" })), other: new ObjectId() };
  await stack.runs.insertOne({ ...unwritable, _id: "begun" });
  await stack.runs.insertOne({ ...unwritable, ...finished, _id: "over" });
}

it("with MongoDB a job is held whose run MongoDB has and no file holds, and one that it never had stays", async () => {
  const before = await stack.wholeCutover();
  await submitUnwritable();
  await addFiles(stack.root, {
    "queue/1-begun.json": job({ runId: "begun" }),
    "queue/2-over.json": job({ runId: "over" }),
    "queue/3-new.json": job({ runId: "new" }),
    "queue/4-busy.json": job({ runId: "busy" }),
  });
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({
    held: { count: 0 },
    unequal: { cases: ["begun"] },
    heldJobs: { cases: ["queue/1-begun.json", "queue/2-over.json"] },
    jobsWithoutRun: 1,
  });
  expect(namesIn(await stack.files(), "queue/")).toEqual(["queue/3-new.json", "queue/4-busy.json"]);
  const text = stack.printed.join("\n");
  expect(text).toMatch(/warning: 2 jobs .*1-begun.*2-over.*\[jobs-held\]/);
  expect(text).toMatch(/1 job .* neither side/);
  await stack.runs.updateMany({}, { $unset: { other: true } });
  expect(await exportState(stack.sides)).toMatchObject({ heldJobs: { count: 0 } });
  expect(namesIn(await stack.files(), "queue/")).toHaveLength(4);
});

it("with MongoDB a job waits for a run that is unfinished there and finished on disk", async () => {
  const before = await stack.wholeCutover();
  await addFiles(stack.root, {
    "state/runs/busy.json": run("busy", finished),
    "queue/1-busy.json": job({ runId: "busy" }),
  });
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({
    unequal: { cases: ["busy"] },
    heldJobs: { cases: ["queue/1-busy.json"] },
  });
});

it("a held job of a run that neither side has returns once an export has read MongoDB, and is named", async () => {
  const before = await cutover();
  await stack.rollBack(before, { uri: undefined });
  const report = await exportState(stack.sides);
  expect(report).toMatchObject({
    heldJobs: { cases: ["queue/3-broken.json"] },
    returnedJobs: { cases: ["queue/4-late.json"] },
  });
  const sections = toMessages(exportByHandSections(report, stack.sides)).map(formatPrinted);
  expect(sections.join("\n")).toMatch(/warning: .*1 held job .*4-late.*\[jobs-returned\]/);
  expect(await exportState(stack.sides)).not.toHaveProperty("returnedJobs");
});

it("a rollback that reads MongoDB returns the jobs of an earlier one whose runs neither side has", async () => {
  const outs = await stack.rollBack(await cutover(), { uri: undefined });
  const again = await stack.cutover(outs);
  const { rollback } = await stack.rollBack(again);
  expect(rollback).toMatchObject({
    exported: { returnedJobs: { cases: ["queue/4-late.json"] } },
    jobsWithoutRun: 1,
  });
  expect(namesIn(await stack.files(), "queue/")).toContain("queue/4-late.json");
});

it("approvals of a held run return merged, and its job; a job waits for its run's file, or to be read", async () => {
  const before = await cutover();
  const outs = await stack.rollBack(before, { uri: undefined });
  await stack.db
    .collection("pack_run_approvals")
    .updateOne({ runId: "busy" }, { $set: { status: "approved", actorId: "alice" } });
  await stack.forget("slow");
  const late = { ...(await stack.runs.findOne({ _id: "busy" })), _id: "late" };
  await stack.runs.insertOne({ ...late, other: new ObjectId() });
  expect(await exportState(stack.sides)).toMatchObject({
    returned: { cases: ["busy"] },
    stillHeld: { cases: ["slow"] },
    heldJobs: { cases: ["queue/3-broken.json", "queue/4-late.json"] },
  });
  expect(await jsonIn(stack.root, "state/approvals/busy.json")).toMatchObject([
    { status: "approved" },
  ]);
  await stack.runs.updateOne({ _id: "late" }, { $unset: { other: true } });
  expect(await exportState(stack.sides)).toMatchObject({
    heldJobs: { cases: ["queue/3-broken.json"] },
  });
  const files = await stack.files();
  expect(namesIn(files, "held/")).toEqual([
    "held/queue/3-broken.json",
    "held/state/runs/slow.json",
  ]);
  expect(files).toMatchObject({
    "queue/1-busy.json": withJobs["queue/1-busy.json"],
    "queue/4-late.json": withJobs["queue/4-late.json"],
  });
  expect(outs.rollback).not.toHaveProperty("notHeld");
});

it("approvals that only MongoDB has come below held/ first, and an orphan's are not written", async () => {
  const before = await cutover();
  await stack.rollBack(before, { uri: undefined });
  const approvals = stack.db.collection("pack_run_approvals");
  const asked = await approvals.findOne({});
  await stack.forget("busy");
  await approvals.insertOne({ ...asked, _id: new ObjectId(), runId: "slow" });
  expect(await exportState(stack.sides)).toMatchObject({
    returned: { cases: ["slow"] },
    stillHeld: { cases: ["busy"] },
  });
  const files = await stack.files();
  expect(namesIn(files, "state/approvals/")).toEqual(["state/approvals/slow.json"]);
  expect(namesIn(files, "held/state/")).toEqual([
    "held/state/approvals/busy.json",
    "held/state/runs/busy.json",
  ]);
});

it("approvals that only MongoDB has stay below held/ as long as their run does", async () => {
  const before = await cutover();
  await stack.rollBack(before, { uri: undefined });
  const approvals = stack.db.collection("pack_run_approvals");
  await approvals.insertOne({
    ...(await approvals.findOne({})),
    _id: new ObjectId(),
    runId: "slow",
  });
  const held = stack.held("state/runs/slow.json", before);
  const changed = run("slow", { ...running, planHash: "by hand", updatedAt: new Date() });
  await addFiles(stack.root, { [held]: changed });
  await stack.change("slow", { planHash: "by MongoDB" });
  expect(await exportState(stack.sides)).toMatchObject({ stillHeld: { cases: ["slow"] } });
  expect(namesIn(await stack.files(), "state/approvals/")).toEqual(["state/approvals/busy.json"]);
  await addFiles(stack.root, { [held]: { ...changed, planHash: "by MongoDB" } });
  await stack.change("slow", { updatedAt: changed.updatedAt });
  expect(await exportState(stack.sides)).toMatchObject({ returned: { cases: ["slow"] } });
  expect(namesIn(await stack.files(), "state/approvals/")).toContain("state/approvals/slow.json");
});

it("a newer job stays, and so does the held one in held/", async () => {
  const before = await cutover();
  await stack.rollBack(before, { uri: undefined });
  const newer = job({ runId: "busy", requestedAt: "later" });
  await addFiles(stack.root, { "queue/1-busy.json": newer });
  await exportState(stack.sides);
  expect(await stack.files()).toMatchObject({
    "held/queue/1-busy.json": withJobs["queue/1-busy.json"],
    "queue/1-busy.json": newer,
  });
});

it("without a queue nobody makes a job: the approvals of a held run stay in their place", async () => {
  await addFiles(stack.root, { "state/approvals/busy.json": pending });
  await stack.rollBack(await stack.cutover(), { uri: undefined });
  expect(await stack.files()).toMatchObject({
    "held/state/runs/busy.json": sampleFiles["state/runs/busy.json"],
    "state/approvals/busy.json": pending,
  });
});

it("a job that cannot be moved stops no rollback, and is named", async () => {
  const before = await cutover();
  // A file is in the place of the folder of held jobs.
  const cutoverAt = stack.held("", before).replace(/\/$/, "");
  await addFiles(stack.root, { [`${cutoverAt}/queue`]: "in the way" });
  const outs = await stack.rollBack(before, { uri: undefined });
  expect(outs.rollback).toMatchObject({
    held: { cases: ["busy", "slow"] },
    notHeld: { cases: ["queue/1-busy.json", "queue/3-broken.json", "queue/4-late.json"] },
  });
  expect(stack.printed.join("\n")).toMatch(/warning: 3 files .*1-busy.*\[jobs-not-held\]/);
});

/** Every `link` and `rm` fails from a call on, as after a kill; says in the end whether it came as far. */
function killAt(call: number) {
  const { link, rm: remove } = promises;
  let calls = 0;
  const counted =
    <Of extends readonly unknown[], T>(work: (...of: Of) => Promise<T>) =>
    async (...of: Of) => {
      calls += 1;
      if (calls >= call) throw new Error("killed");
      return work(...of);
    };
  Object.assign(promises, { link: counted(link), rm: counted(remove) });
  syncBuiltinESMExports();
  return () => {
    Object.assign(promises, { link, rm: remove });
    syncBuiltinESMExports();
    return calls >= call;
  };
}

/** From what a worker, or somebody who decides, would begin the run `busy` anew now. */
async function dangersIn(root: string): Promise<string[]> {
  const files = await filesIn(root);
  if (files["state/runs/busy.json"] !== undefined) return [];
  const triggers = ["state/approvals/busy.json", "queue/1-busy.json"];
  return triggers.filter((name) => files[name] !== undefined);
}

/** Kills some work at each of its moves, on the same files; then it is done again, to the same end. */
async function killAtEachMove(work: () => Promise<unknown>) {
  const before = await stack.allFiles();
  await work();
  const end = await stack.allFiles();
  let isKilled = true;
  for (let call = 1; isKilled; call += 1) {
    await rm(stack.root, { recursive: true });
    await addFiles(stack.root, before);
    const restore = killAt(call);
    await work().catch(() => undefined);
    isKilled = restore();
    expect(await dangersIn(stack.root), `killed at move ${call}`).toEqual([]);
    await work();
    expect(Object.keys(await stack.allFiles()), `after move ${call}`).toEqual(Object.keys(end));
  }
}

it("killed between any two moves, a rollback leaves nothing that begins a held run anew", async () => {
  const before = await cutover();
  await killAtEachMove(() => stack.rollBack(before, { uri: undefined }));
  expect(namesIn(await stack.files(), "held/")).toHaveLength(6);
}, 60_000);

it("killed between any two moves, an export returns no run after what may begin it anew", async () => {
  const before = await cutover();
  await stack.rollBack(before, { uri: undefined });
  await killAtEachMove(() => exportState(stack.sides));
  expect(namesIn(await stack.files(), "held/")).toEqual(["held/queue/3-broken.json"]);
}, 60_000);
