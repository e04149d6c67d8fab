import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { collectionRoles } from "../../../components/contract";
import { importState, verifyState } from "../../../components/transfer";
import { providers } from "../../../components/transfer/provider";
import { documentOptions } from "../../contract/options";
import { type Outs, RollbackStack, finished, running } from "../rollback-stack";
import { addFiles, approval, artifact, lines, logLine, run } from "../state";

// What is left in the bookkeeping of a file that a later cutover does not take.

const stack = new RollbackStack();
const second = { cutover: 2, stoppedAt: "2" };
const file = "state/runs/r.json";
const logFile = "logs/runs/r.ndjson";
const others = Object.fromEntries(
  Array.from({ length: 150 }, (_, at) => [`state/runs/o-${at}.json`, run(`o-${at}`)]),
);
const approvals = [approval("gate", { status: "approved" })];
const files = {
  ...others,
  [file]: run("r"),
  [logFile]: lines(logLine(1), logLine(2)),
  "state/approvals/r.json": approvals,
  "artifacts/r/artifact-manifest.json": { outputs: [artifact("a")] },
};
/** The same files with a member in each that the contract refuses. */
const refused = {
  [file]: run("r", { failurePolicy: null }),
  [logFile]: lines(logLine(1), logLine(2, { level: 7 })),
  "state/approvals/r.json": [approval("gate", { status: 7 })],
  "artifacts/r/artifact-manifest.json": { outputs: [artifact("a", { status: 7 })] },
};

/** A first cutover and its rollback. */
async function firstCutover(): Promise<void> {
  await addFiles(stack.root, files);
  await providers.BulkPass.create(stack.inputs());
  await stack.rollBack(await stack.wholeCutover());
}

/** A second cutover, up to its record. */
async function secondCutover(): Promise<Outs> {
  await providers.BulkPass.create(stack.inputs(second));
  return (await providers.Handover.create(stack.inputs(second))).outs as Outs;
}

/** Deletes the documents of some runs. */
async function purge(runIds: object): Promise<void> {
  for (const role of collectionRoles) {
    const field = role === "runs" ? "_id" : "runId";
    const collection = stack.db.collection(documentOptions.collections[role]);
    await collection.deleteMany({ [field]: runIds });
  }
}

it.each([
  ["all documents were", { $exists: true }],
  ["only its documents were", { $in: ["r"] }],
])(
  "a run that is refused in a second cutover is imported once it is fixed: %s purged",
  async (_, runIds) => {
    await firstCutover();
    await purge(runIds);
    await addFiles(stack.root, refused);
    const before = await secondCutover();
    await addFiles(stack.root, files);
    const { report } = await stack.finalPass(before, second);
    expect(report).toMatchObject({
      runs: { inserted: 1, removed: 0 },
      approvals: { inserted: 1, removed: 0 },
      artifacts: { inserted: 1, removed: 0 },
    });
    expect(await verifyState(stack.sides)).toMatchObject({ holds: true, runs: { removed: 0 } });
  },
);

it("an unchanged record of the first cutover that is purged in the second one was removed", async () => {
  await firstCutover();
  const before = await secondCutover();
  await stack.finalPass(before, second);
  await purge({ $in: ["r"] });
  const removed = { runs: { removed: 1 }, approvals: { removed: 1 }, artifacts: { removed: 1 } };
  expect(await importState({ ...stack.sides, from: "start" })).toMatchObject(removed);
  expect(await verifyState(stack.sides)).toMatchObject({ holds: true, ...removed });
});

it("a run that is imported, refused once, fixed and executed further is updated", async () => {
  await addFiles(stack.root, { [file]: run("r", running) });
  await importState(stack.sides);
  await addFiles(stack.root, { [file]: run("r", { ...running, failurePolicy: null }) });
  expect(await importState(stack.sides)).toMatchObject({ runs: { quarantined: 1 } });
  await addFiles(stack.root, { [file]: run("r", { ...finished, planHash: "later" }) });
  expect(await importState(stack.sides)).toMatchObject({ runs: { updated: 1, quarantined: 0 } });
});

it("a file that is away while its document is gone has no merge base once it returns", async () => {
  await firstCutover();
  await purge({ $exists: true });
  await rm(join(stack.root, file));
  const before = await secondCutover();
  await addFiles(stack.root, files);
  const { report } = await stack.finalPass(before, second);
  expect(report).toMatchObject({ runs: { inserted: 1, removed: 0 } });
});

it("a log with a refused line is read again from its last checkpoint", async () => {
  await addFiles(stack.root, { [file]: run("r"), [logFile]: lines(logLine(1)) });
  await importState(stack.sides);
  await addFiles(stack.root, { [logFile]: lines(logLine(1), logLine(2, { level: 7 })) });
  for (let pass = 0; pass < 2; pass += 1) {
    const report = await importState(stack.sides);
    expect(report).toMatchObject({ logs: { unchanged: 1, quarantined: 1 } });
  }
  const own = stack.db.collection<{ _id: string }>("pack_run_backfill");
  expect(await own.findOne({ _id: "run:r" })).toMatchObject({ logs: { records: 1 } });
});

it("a dry run withdraws nothing", async () => {
  await firstCutover();
  await purge({ $exists: true });
  await addFiles(stack.root, refused);
  const bookkeeping = () => stack.db.collection("pack_run_backfill").find().toArray();
  const before = await bookkeeping();
  const report = await importState({ ...stack.sides, dryRun: true });
  expect(report).toMatchObject({ runs: { quarantined: 1, inserted: 153 } });
  expect(await bookkeeping()).toEqual(before);
});
