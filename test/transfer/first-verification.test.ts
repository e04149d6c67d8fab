import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { providers } from "../../components/transfer/provider";
import { importState, verifyState } from "../../components/transfer";
import {
  RollbackStack,
  stoppedBy,
  finished,
  running,
  sampleFiles,
  unreachable,
} from "./rollback-stack";
import { addFiles, approval, lines, logLine, run } from "./state";

const stack = new RollbackStack();
const { BulkPass, Handover, FirstVerification } = providers;
const log = "logs/runs/busy.ndjson";
const busy = "state/runs/busy.json";
const changedBusy = JSON.stringify(run("busy", finished));

async function imported(): Promise<void> {
  await addFiles(stack.root, sampleFiles);
  await importState(stack.sides);
}

it("compares what was imported, and says how long the worker will be stopped", async () => {
  await imported();
  await addFiles(stack.root, { [busy]: changedBusy, "state/approvals/r.json": "[1]" });
  expect((await FirstVerification.create(stack.toVerifyFirst())).outs).toMatchObject({
    applied: true,
    verifiedAt: expect.stringMatching(/^20.*Z$/) as string,
    report: {
      runs: { read: 3, quarantined: 0 },
      approvals: { quarantined: 1 },
      firstVerification: { verifiedFiles: 4, changedFiles: 1 },
      unfinished: { compared: 1, changed: 0 },
    },
  });
  expect(await stack.runs.findOne({ _id: "busy" })).toMatchObject(finished);
  expect(stack.printed.join("\n")).toMatch(/ 4 files .* 1 file changed .* 1 s/);
});

it("finds what changed in MongoDB since the bulk pass, before anybody stops the worker", async () => {
  await addFiles(stack.root, sampleFiles);
  const { outs } = (await BulkPass.create(stack.inputs())) as { outs?: object };
  expect(outs).not.toHaveProperty("report.firstVerification");
  await stack.change("done", { planHash: "planted" });
  const { reasons } = await stoppedBy(FirstVerification.create(stack.toVerifyFirst()));
  expect(reasons).toEqual([
    expect.stringMatching(/1 run .*: done \(planHash\)\. .*No service was/),
  ]);
});

it.each([
  ["a run that is gone", "pack_runs", "1 of 3 runs .*: done\\."],
  ["a log entry that differs", "pack_run_logs", "1 log entry .*: busy:1 \\(message\\)"],
])("stops before the drain for %s, until the next import", async (_what, name, words) => {
  await imported();
  if (name === "pack_runs") await stack.runs.deleteOne({ _id: "done" });
  else await stack.db.collection(name).updateOne({}, { $set: { message: "planted" } });
  const stopped = await stoppedBy(FirstVerification.create(stack.toVerifyFirst()));
  expect(stopped.reasons).toEqual([expect.stringMatching(words)]);
  expect(stopped.reasons[0]).toMatch(/No service was stopped/);
  expect(stopped.properties).toMatchObject({ applied: false });
  // Every file is read again: what is missing comes, and what differs is quarantined.
  expect(
    (await FirstVerification.update("id", stopped.properties, stack.toVerifyFirst())).outs,
  ).toMatchObject({
    applied: true,
    report: {
      logs: { quarantined: name === "pack_runs" ? 0 : 1 },
      // The log's file does not count as imported.
      firstVerification: { verifiedFiles: name === "pack_runs" ? 4 : 3 },
    },
  });
  expect(await stack.runs.countDocuments()).toBe(3);
});

it("compares every file after a first verification that failed, also if the engine was killed in it", async () => {
  const first = stack.toVerifyFirst();
  await imported();
  const olds = (await FirstVerification.create(first)).outs as object;
  await stack.runs.deleteOne({ _id: "done" });
  // The bulk pass of the next cutover reads no file again.
  const next = stack.toVerifyFirst({ cutover: 2, importedAt: "2026-11-26T09:00:00.000Z" });
  expect((await stoppedBy(FirstVerification.update("id", olds, next))).reasons).toHaveLength(1);
  // The killed engine saved nothing, and the bulk pass is not due again.
  expect((await FirstVerification.diff("id", olds, next)).changes).toBe(true);
  expect((await FirstVerification.update("id", olds, next)).outs).toMatchObject({
    report: { firstVerification: { verifiedFiles: 4, changedFiles: 0 } },
  });
  expect(await stack.runs.findOne({ _id: "done" })).not.toBeNull();
});

it("stops before the drain for a run or an approval that only MongoDB changed", async () => {
  await addFiles(stack.root, {
    ...sampleFiles,
    "state/approvals/done.json": [approval("gate")],
  });
  await importState(stack.sides);
  const updatedAt = new Date("2025-11-05T00:00:00Z");
  await stack.change("done", { ...running, updatedAt });
  const approvals = stack.db.collection("pack_run_approvals");
  await approvals.updateOne({}, { $set: { status: "approved" } });
  const { reasons } = await stoppedBy(FirstVerification.create(stack.toVerifyFirst()));
  expect(reasons.join("\n")).toMatch(/1 run .*done \([^)]*steps/);
  expect(reasons.join("\n")).toMatch(/1 approval .*done:gate \(status\)/);
  expect(reasons.join("\n")).toContain("delete done, done:gate in MongoDB");
  await stack.runs.deleteOne({ _id: "done" });
  await approvals.deleteOne({ runId: "done", approvalId: "gate" });
  expect((await FirstVerification.create(stack.toVerifyFirst())).outs).toHaveProperty("report");
  expect(await approvals.findOne({})).toMatchObject({ status: "pending" });
});

it("leaves the approvals of a held run to the merge rules", async () => {
  await addFiles(stack.root, {
    "held/f/state/runs/busy.json": run("busy", running),
    "state/approvals/busy.json": [approval("gate")],
  });
  await importState(stack.sides);
  await stack.db.collection("pack_run_approvals").updateOne({}, { $set: { status: "approved" } });
  expect((await FirstVerification.create(stack.toVerifyFirst())).outs).toMatchObject({
    applied: true,
  });
});

it("counts files that changed since, or that change while they are compared", async () => {
  await imported();
  await addFiles(stack.root, { [busy]: changedBusy });
  await stack.runs.deleteOne({ _id: "done" });
  await stack.db.collection("pack_run_logs").deleteMany({});
  const database = stack.db;
  const asked = { ...stack.sides, from: "unchanged only" } as const;
  const { holds, firstVerification } = await verifyState({ ...asked, database });
  expect({ holds, firstVerification }).toEqual({
    holds: false,
    firstVerification: { verifiedFiles: 3, changedFiles: 1 },
  });

  // The files are read by then, and not yet compared.
  const collection = database.collection.bind(database);
  vi.spyOn(database, "collection").mockImplementation(((name: string) => {
    if (name !== "pack_runs") return collection(name);
    appendFileSync(join(stack.root, log), lines(logLine(2)));
    writeFileSync(join(stack.root, "state/runs/done.json"), changedBusy);
    return collection(name);
  }) as typeof collection);
  const again = await verifyState({ ...asked, database });
  expect(again).toMatchObject({
    holds: true,
    firstVerification: { verifiedFiles: 1, changedFiles: 3 },
  });
});

it("is skipped once the services work on MongoDB, which may delete what files have", async () => {
  await imported();
  await Handover.create(stack.inputs());
  await stack.runs.deleteOne({ _id: "done" });
  expect((await FirstVerification.create(stack.toVerifyFirst())).outs).toMatchObject({
    applied: true,
    report: null,
    verifiedAt: null,
  });
  expect(stack.printed.at(-1)).toMatch(
    /^Nothing was verified, because MongoDB is the source of truth/,
  );
});

it("is created without harm in a stack that cut over before, whose files may be gone", async () => {
  const inputs = stack.inputs({ root: "gone", ...unreachable });
  const { outs } = (await FirstVerification.create(inputs)) as { outs?: object };
  expect(outs).toMatchObject({ applied: true, report: null });
  expect(stack.printed).toEqual(["Nothing was verified, because the bulk pass imported nothing."]);
  expect((await FirstVerification.diff("id", outs ?? {}, inputs)).changes).toBe(false);
});

it("is skipped in a rollback", async () => {
  const inputs = stack.toFiles(unreachable);
  const { outs } = (await FirstVerification.create(inputs)) as { outs?: object };
  expect(outs).toMatchObject({ applied: null });
  expect((await FirstVerification.diff("id", outs ?? {}, inputs)).changes).toBe(false);
});

it("is due after each import of the bulk pass and each canary, and for what makes that due", async () => {
  await imported();
  const { outs } = (await FirstVerification.create(stack.toVerifyFirst({ gate: "closed" }))) as {
    outs?: object;
  };
  const changes = async (fields: object, olds: object = outs ?? {}) =>
    (await FirstVerification.diff("id", olds, stack.toVerifyFirst({ gate: "closed", ...fields })))
      .changes;
  expect(await changes({})).toBe(false);
  expect(await changes({ acceptForms: "0".repeat(16) })).toBe(false);
  for (const fields of [
    { importedAt: "2026-11-26" },
    { canaryAt: "2026-11-26" },
    { cutover: 2 },
    { gate: "open" },
  ]) {
    expect(await changes(fields)).toBe(true);
  }
  await addFiles(stack.root, { "state/approvals/done.json": "[1]" });
  const again = (await FirstVerification.update("id", outs, stack.toVerifyFirst({ cutover: 2 })))
    .outs as object;
  expect(await changes({ cutover: 2 }, again)).toBe(true);
  expect(await changes({ cutover: 2, acceptQuarantined: "x" }, again)).toBe(false);
});

it("says at an open gate that the next update drains, if it fails", async () => {
  await imported();
  await stack.runs.deleteOne({ _id: "done" });
  const { reasons } = await stoppedBy(
    FirstVerification.create(stack.toVerifyFirst({ gate: "open" })),
  );
  expect(reasons.at(-1)).toMatch(/^rollout\.drain: 1 stays good: the next pulumi up drains/);
});
