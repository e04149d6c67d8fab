import { appendFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it, vi } from "vitest";
import { providers } from "../../components/transfer/provider";
import { importState, verifyState } from "../../components/transfer";
import { RollbackStack, finished, running, sampleFiles } from "./rollback-stack";
import { addFiles, approval, lines, logLine, run } from "./state";

const stack = new RollbackStack();
const { BulkPass, Handover } = providers;
const log = "logs/runs/busy.ndjson";
const busy = "state/runs/busy.json";
const changedBusy = JSON.stringify(run("busy", finished));

async function imported(): Promise<void> {
  await addFiles(stack.root, sampleFiles);
  await importState(stack.sides);
}

const stoppedBy = (work: Promise<unknown>) =>
  work.then(
    () => ({ reasons: [] as string[], properties: {} }),
    (error: unknown) => error as { reasons: string[]; properties: object },
  );

it("compares what was imported, and says how long the worker will be stopped", async () => {
  await imported();
  await addFiles(stack.root, { [busy]: changedBusy, "state/approvals/r.json": "[1]" });
  expect((await BulkPass.create(stack.inputs())).outs).toMatchObject({
    applied: true,
    report: {
      runs: { read: 3, updated: 1, unchanged: 2 },
      approvals: { quarantined: 1 },
      proof: { provenFiles: 4, changedFiles: 1 },
    },
  });
  expect(stack.said.join("\n")).toMatch(/ 4 files .* 1 file changed .* 1 s: /);
});

it.each([
  ["a run that is gone", "pack_runs", "1 of 3 runs .*: done\\."],
  ["a log entry that differs", "pack_run_logs", "1 log entry .*: busy:1 \\(message\\)"],
])("stops before the drain for %s, until the next import", async (_what, name, words) => {
  await imported();
  if (name === "pack_runs") await stack.runs.deleteOne({ _id: "done" });
  else await stack.db.collection(name).updateOne({}, { $set: { message: "planted" } });
  const stopped = await stoppedBy(BulkPass.create(stack.inputs()));
  expect(stopped.reasons).toEqual([expect.stringMatching(words)]);
  expect(stopped.reasons[0]).toMatch(/No service was stopped/);
  expect(stopped.properties).toMatchObject({ applied: false });
  // Every file is read again: what is missing comes, and what differs is quarantined.
  expect((await BulkPass.update("id", stopped.properties, stack.inputs())).outs).toMatchObject({
    applied: true,
    report: {
      runs: { inserted: name === "pack_runs" ? 1 : 0 },
      logs: { quarantined: name === "pack_runs" ? 0 : 1 },
    },
  });
});

it("stops before the drain for a run or an approval that MongoDB alone changed", async () => {
  await addFiles(stack.root, {
    ...sampleFiles,
    "state/approvals/done.json": JSON.stringify([approval("gate")]),
  });
  await importState(stack.sides);
  const updatedAt = new Date("2025-11-05T00:00:00Z");
  await stack.runs.updateOne({ _id: "done" }, { $set: { ...running, updatedAt } });
  const approvals = stack.db.collection("pack_run_approvals");
  await approvals.updateOne({}, { $set: { status: "approved" } });
  const { reasons } = await stoppedBy(BulkPass.create(stack.inputs()));
  expect(reasons.join("\n")).toMatch(/1 run .*done \([^)]*steps/);
  expect(reasons.join("\n")).toMatch(/1 approval .*done:gate \(status\)/);
});

it("leaves the approvals of a held run to the merge rules", async () => {
  await addFiles(stack.root, {
    "held/f/state/runs/busy.json": JSON.stringify(run("busy", running)),
    "state/approvals/busy.json": JSON.stringify([approval("gate")]),
  });
  await importState(stack.sides);
  await stack.db.collection("pack_run_approvals").updateOne({}, { $set: { status: "approved" } });
  expect((await BulkPass.create(stack.inputs())).outs).toMatchObject({ applied: true });
});

it("counts files that changed since, or that change while they are compared", async () => {
  await imported();
  await addFiles(stack.root, { [busy]: changedBusy });
  await stack.runs.deleteOne({ _id: "done" });
  await stack.db.collection("pack_run_logs").deleteMany({});
  const database = stack.db;
  const asked = { ...stack.sides, isProof: true };
  const { holds, proof } = await verifyState({ ...asked, database });
  expect({ holds, proof }).toEqual({ holds: false, proof: { provenFiles: 3, changedFiles: 1 } });

  // The files are read by then, and not yet compared.
  const collection = database.collection.bind(database);
  vi.spyOn(database, "collection").mockImplementation(((name: string) => {
    if (name !== "pack_runs") return collection(name);
    appendFileSync(join(stack.root, log), lines(logLine(2)));
    writeFileSync(join(stack.root, "state/runs/done.json"), changedBusy);
    return collection(name);
  }) as typeof collection);
  const again = await verifyState({ ...asked, database });
  expect(again).toMatchObject({ holds: true, proof: { provenFiles: 1, changedFiles: 3 } });
});

it("rests once the services work on MongoDB, which may delete what files have", async () => {
  await imported();
  await Handover.create(stack.inputs());
  await stack.runs.deleteOne({ _id: "done" });
  const { outs } = (await BulkPass.create(stack.inputs())) as { outs?: object };
  expect(outs).toMatchObject({ applied: true });
  expect(outs).not.toHaveProperty("report.proof");
});
