import { expect, it } from "vitest";
import { importState, verifyState } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import {
  RollbackStack,
  type Outs,
  finished,
  runStep,
  running,
  sampleFiles,
} from "./rollback-stack";
import { addFiles, approval, artifact, lines, logLine, run } from "./state";

const stack = new RollbackStack();
const { BulkPass, Handover, FinalPass, FirstVerification, Verification } = providers;

/** A cutover, of runs of which one has all kinds of parts and a log line that cannot be imported. */
async function cutOver(): Promise<Outs> {
  await addFiles(stack.root, {
    ...sampleFiles,
    "logs/runs/busy.ndjson": `${lines(logLine(1))}{half\n`,
    "state/approvals/busy.json": [approval("gate")],
    "artifacts/busy/artifact-manifest.json": { outputs: [artifact("a")] },
  });
  await BulkPass.create(stack.inputs());
  const { cutoverRecord } = (await Handover.create(stack.inputs())).outs as Outs;
  return (await FinalPass.create(stack.inputs({ cutoverAt: cutoverRecord?.at }))).outs as Outs;
}

/** As a service or a person does with a run that is finished. */
async function purge(runId: string): Promise<void> {
  await stack.runs.deleteOne({ _id: runId });
  for (const name of ["pack_run_logs", "pack_artifacts", "pack_run_approvals"]) {
    await stack.db.collection(name).deleteMany({ runId });
  }
}

const documents = async () =>
  Promise.all(
    ["pack_runs", "pack_run_logs", "pack_artifacts", "pack_run_approvals"].map((name) =>
      stack.db.collection(name).countDocuments(),
    ),
  );

it("a run that was removed in Mongo mode is not inserted again by any later `up`", async () => {
  const first = await cutOver();
  await purge("busy");
  const left = await documents();
  const at = stack.inputs({ cutoverAt: (first as { cutoverAt?: string }).cutoverAt });
  // The quarantined line makes it due again, and another setting a bulk pass.
  const again = await runStep(first, at, FinalPass);
  expect(again.report).toMatchObject({ logs: { inserted: 0, removed: 1, quarantined: 1 } });
  expect((await BulkPass.create(stack.inputs())).outs).toMatchObject({ applied: true });
  expect(await importState({ ...stack.sides, from: "start" })).toMatchObject({
    runs: { inserted: 0, removed: 1 },
    artifacts: { inserted: 0, removed: 1 },
    approvals: { inserted: 0, removed: 1 },
    removedUnfinished: { count: 1, cases: ["busy"] },
  });
  expect(await documents()).toEqual(left);
});

it("an artifact or an approval that was removed without its run is not inserted again", async () => {
  await cutOver();
  await stack.db.collection("pack_artifacts").deleteMany({});
  await stack.db.collection("pack_run_approvals").deleteMany({});
  expect(await importState({ ...stack.sides, from: "start" })).toMatchObject({
    runs: { unchanged: 3 },
    artifacts: { inserted: 0, removed: 1 },
    approvals: { inserted: 0, removed: 1 },
  });
});

it("is no difference, and a run that is unfinished on disk is named", async () => {
  await cutOver();
  await purge("busy");
  await purge("done");
  const report = await verifyState(stack.sides);
  expect(report).toMatchObject({
    runs: { missing: 0, removed: 2, equal: 1 },
    logs: { missing: 0, removed: 1 },
    artifacts: { missing: 0, removed: 1 },
    approvals: { missing: 0, removed: 1 },
    removedUnfinished: { count: 1, cases: ["busy"] },
  });
  const { hash } = report;
  const accepted = stack.inputs({ acceptQuarantined: hash });
  expect((await Verification.create(accepted)).outs).toMatchObject({ report: { holds: true } });
  expect(stack.printed.join("\n")).toMatch(/Removed in Mongo mode.*2 runs/);
  expect(stack.printed.join("\n")).toMatch(/busy.*\[removed-unfinished\]/);
});

it("a document that goes before the cutover is recorded, or came with no import, is a gap", async () => {
  await addFiles(stack.root, sampleFiles);
  await importState(stack.sides);
  await purge("done");
  expect(await verifyState(stack.sides)).toMatchObject({ holds: false, runs: { missing: 1 } });
  await FirstVerification.create(stack.toVerifyFirst()).catch(() => undefined);
  await FirstVerification.create(stack.toVerifyFirst());
  await Handover.create(stack.inputs());
  await addFiles(stack.root, { "state/runs/web.json": run("web", finished) });
  const { cutoverRecord } = (await Handover.create(stack.inputs())).outs as Outs;
  await FinalPass.create(stack.inputs({ cutoverAt: cutoverRecord?.at }));
  expect(await documents()).toEqual([4, 1, 0, 0]);
});

it("no import updates a run while MongoDB is the source of truth", async () => {
  await cutOver();
  await addFiles(stack.root, { "state/runs/busy.json": run("busy", finished) });
  expect(await importState(stack.sides)).toMatchObject({ runs: { updated: 0, quarantined: 1 } });
  expect(await stack.runs.findOne({ _id: "busy" })).toMatchObject(running);
});

it("no verification deletes checkpoints once the cutover is recorded", async () => {
  await cutOver();
  await stack.db.collection("pack_run_logs").deleteMany({});
  const checkpoints = stack.db.collection("pack_run_backfill").find({ _id: /^run:/ });
  const before = await checkpoints.toArray();
  await expect(Verification.create(stack.inputs())).rejects.toThrow();
  checkpoints.rewind();
  expect(await checkpoints.toArray()).toEqual(before);
  // The way on that it names.
  expect(await importState({ ...stack.sides, from: "start" })).toMatchObject({
    logs: { inserted: 1 },
  });
});
