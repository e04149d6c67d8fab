import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { readRecord } from "../../components/ledger";
import { closeConnections } from "../../components/mongo";
import { readCutoverRecord } from "../../components/state";
import { interrupted, Unfinished } from "../../components/step";
import { runRollback } from "../../components/transfer";
import { providers } from "../../components/transfer/provider";
import { ledgerCollection } from "./database";
import { failingCommands, unacknowledged } from "./fail-point";
import { addFiles, run } from "./state";
import {
  RollbackStack,
  finished,
  running,
  sampleFiles,
  unreachable,
  runStep,
} from "./rollback-stack";

const stack = new RollbackStack();
const { fail, recover } = failingCommands(stack);
const { BulkPass } = providers;
afterEach(async () => {
  await recover();
  await closeConnections();
});

/** The bulk pass of a rollback, and what the engine was told. */
async function runBulkPass(fields: object = {}): Promise<string> {
  const { outs } = (await BulkPass.create(stack.toFiles(fields))) as { outs?: object };
  expect(outs).toMatchObject({ applied: true });
  return stack.printed.join("\n");
}

const busy = "state/runs/busy.json";
const old = new Date(0);

it("exports what changed before the drain, and leaves to the handover what changes later", async () => {
  const before = await stack.cutover();
  await stack.advance();
  expect(await runBulkPass()).toContain(`${stack.root} before the drain: 1 run, 1 log entry.`);
  expect(await stack.onDisk("busy")).toMatchObject(finished);
  expect((await stack.files())["logs/runs/busy.ndjson"]?.split("\n")).toHaveLength(3);
  // Nothing is at an end: the services are at work, and the drain may refuse to begin.
  expect(await readCutoverRecord(stack.root)).not.toHaveProperty("endedAt");
  expect(await readRecord(stack.db, ledgerCollection)).not.toHaveProperty("endedCutover");

  await stack.change("slow", finished);
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({
    exported: { runs: { written: 1, conflicts: 0 }, logs: { written: 0 } },
    held: { count: 0 },
  });
  expect(await stack.onDisk("slow")).toMatchObject(finished);
  expect(await readCutoverRecord(stack.root)).toHaveProperty("endedAt");
});

it("that is interrupted ends with how to resume, and the next one exports the rest", async () => {
  await stack.cutover();
  await stack.advance();
  const signal = vi.spyOn(interrupted, "throwIfAborted").mockImplementation(() => {
    throw new Unfinished(["Interrupted."]);
  });
  await expect(BulkPass.create(stack.toFiles())).rejects.toMatchObject({
    reasons: ["Interrupted."],
  });
  expect((await stack.files())["logs/runs/busy.ndjson"]?.split("\n")).toHaveLength(2);
  signal.mockRestore();
  expect(await runBulkPass()).toContain("before the drain: 1 run, 1 log entry.");
});

it("leaves a run that is not finished to the handover, and what has no run to the final pass", async () => {
  const before = await stack.cutover();
  await stack.change("slow", { planHash: "later" });
  await stack.db
    .collection("pack_run_logs")
    .updateOne({ runId: "busy" }, { $set: { runId: "new" } });
  const files = await stack.files();
  await runBulkPass();
  expect(await stack.files()).toEqual(files);
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({ exported: { runs: { written: 1 }, logs: { written: 0 } } });
});

it("is skipped without a cutover in force: the worker works on the files", async () => {
  await addFiles(stack.root, sampleFiles);
  await BulkPass.create(stack.inputs());
  await stack.advance();
  const files = await stack.allFiles();
  expect(await runBulkPass()).not.toContain("xported");
  expect(await runBulkPass(unreachable)).not.toContain("xported");
  expect(await stack.allFiles()).toEqual(files);

  await stack.runs.deleteMany({});
  const before = await stack.cutover();
  await stack.rollBack(before);
  await stack.change("slow", finished);
  stack.printed = [];
  expect(await runBulkPass()).not.toContain("xported");
  expect(await stack.onDisk("slow")).toMatchObject(running);
});

it("leaves all to the handover if MongoDB is unreachable, or does not know the cutover", async () => {
  const before = await stack.cutover();
  await stack.advance();
  expect(await runBulkPass(unreachable)).toContain("[export-left]");
  stack.printed = [];
  expect(await runBulkPass({ database: `${stack.database}_other` })).toContain("[export-left]");
  expect(await stack.onDisk("busy")).toMatchObject(running);
  const { rollback } = await stack.rollBack(before, unreachable);
  expect(rollback).toMatchObject({ held: { cases: ["busy", "slow"] } });
});

it("stops before the drain if no majority acknowledges a write, until the handover may export without", async () => {
  const { cutoverRecord } = await stack.cutover();
  await stack.advance();
  await fail(["update"], "alwaysOn", unacknowledged);
  const stopped: unknown = await BulkPass.create(stack.toFiles()).catch((error: unknown) => error);
  expect(stopped).toMatchObject({
    properties: { applied: false },
    reasons: [expect.stringMatching(/No majority .*exportUnconfirmed.*The worker was not stopped/)],
  });
  // Without merge bases each run that goes on would be a conflict in the handover.
  expect(await runBulkPass({ exportUnconfirmed: cutoverRecord?.at })).toContain("[export-left]");
  expect(await stack.onDisk("busy")).toMatchObject(running);
  await recover();
  const abandoned = { abandonMongo: cutoverRecord?.at };
  expect(await runBulkPass(abandoned)).toMatch(/abandonMongo.*\[export-left\]/);
});

it("exports nothing that it cannot record: what goes on would be a conflict", async () => {
  const before = await stack.cutover();
  await stack.advance();
  const validator = { file: "nothing" };
  await stack.db.command({ collMod: "pack_run_backfill", validator, validationLevel: "strict" });
  expect(await runBulkPass()).toContain("[export-left]");
  expect(await stack.onDisk("busy")).toMatchObject(running);
  await stack.db.command({ collMod: "pack_run_backfill", validator: {} });
  await stack.change("busy", { planHash: "later" });
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({
    exported: { runs: { written: 1, conflicts: 0 } },
    held: { count: 0 },
  });
});

it("never writes over a file that changed too", async () => {
  await stack.cutover();
  await stack.advance();
  const changed = JSON.stringify(run("busy", { ...running, planHash: "by web" }));
  await writeFile(join(stack.root, busy), changed);
  expect(await runBulkPass()).toContain("[conflicts]");
  expect(await readFile(join(stack.root, busy), "utf8")).toBe(changed);
});

it("looks again at a run that was unfinished before the drain, whatever its date", async () => {
  const before = await stack.cutover();
  await stack.runs.insertOne({ ...(await stack.runs.findOne({ _id: "slow" })), _id: "new" });
  await runBulkPass();
  await stack.runs.updateMany(
    { _id: { $in: ["new", "slow"] } },
    { $set: { ...finished, updatedAt: old } },
  );
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({ exported: { runs: { written: 2 } }, held: { count: 0 } });
});

const usual = new Date("2025-11-06T10:00:02.5Z");
it.each([
  ["that began and ended since", usual, new Date()],
  ["whose writer has a clock behind", usual, new Date("2025-11-06T09:05:00Z")],
  ["beside a run with a date in the future", new Date("2100-01-01"), new Date()],
])("finds in the handover a finished run %s", async (_, latest, updatedAt) => {
  const before = await stack.cutover();
  await stack.change("done", { updatedAt: latest });
  await runBulkPass();
  await stack.runs.insertOne({
    ...(await stack.runs.findOne({ _id: "done" })),
    _id: "new",
    updatedAt,
  });
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({ exported: { runs: { written: 1 } } });
  expect(await stack.onDisk("new")).toMatchObject(finished);
});

it("holds a run that was in conflict before the drain, although nothing changed since", async () => {
  const before = await stack.cutover();
  await stack.change("busy", { ...finished, updatedAt: old });
  const changed = JSON.stringify(run("busy", { ...running, planHash: "by hand" }));
  await writeFile(join(stack.root, busy), changed);
  await runBulkPass();
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({
    exported: { runs: { conflicts: 1 } },
    held: { cases: ["busy"] },
  });
});

it("looks at all in the final pass: also at a finished run that changed without a date", async () => {
  const before = await stack.cutover();
  await runBulkPass();
  await stack.change("done", { planHash: "later", updatedAt: old });
  const back = await stack.rollBack(before);
  expect(back.rollback).toMatchObject({ exported: { runs: { documents: 2, written: 0 } } });
  const last = await stack.finalPass(back, { direction: "back" });
  expect(last.rollback).toMatchObject({ exported: { runs: { documents: 3, written: 1 } } });
});

it.each(["by hand", "without a majority"])("looks at all in a rollback %s", async (how) => {
  const { cutoverRecord } = await stack.cutover();
  await runBulkPass();
  await stack.change("done", { planHash: "later", updatedAt: old });
  if (how !== "by hand") await fail(["update"], "alwaysOn", unacknowledged);
  const { exported } = await runRollback(stack.sides, {
    uri: stack.server.uri,
    name: stack.database,
    cutoverAt: how === "by hand" ? undefined : cutoverRecord?.at,
    ledger: ledgerCollection,
    electionSeconds: 1,
    exportUnconfirmed: cutoverRecord?.at,
  });
  expect(exported).toMatchObject({ runs: { documents: 3, written: 1 } });
});

it.each([
  ["whose rollback did not reach MongoDB", { uri: undefined }, 5],
  ["whose rollback exported", {}, 3],
])(
  "looks at all in the handover after a bulk pass of an earlier cutover, %s",
  async (_, fields, documents) => {
    const before = await stack.cutover();
    await runBulkPass();
    const back = await stack.rollBack(before, fields);
    const again = await runStep(back, stack.inputs({ cutover: 2, stoppedAt: "2" }));
    await stack.change("done", { planHash: "later", updatedAt: old });
    const { rollback } = await stack.rollBack(again, { cutover: 2, stoppedAt: "2" });
    expect(rollback).toMatchObject({ exported: { runs: { documents, written: 1 } } });
  },
);

it.each(["state/runs", "."])(
  "writes again what it exported if %s is restored before the handover",
  async (folder) => {
    const before = await stack.wholeCutover();
    const left = await stack.allFiles();
    const fields = { ...finished, updatedAt: old };
    await stack.runs.insertOne({
      ...(await stack.runs.findOne({ _id: "done" })),
      _id: "new",
      ...fields,
    });
    await runBulkPass();
    expect(await stack.onDisk("new")).toMatchObject(finished);
    await rm(join(stack.root, folder), { recursive: true });
    const restored = Object.entries(left).filter(
      ([name]) => folder === "." || name.startsWith(folder),
    );
    await addFiles(stack.root, Object.fromEntries(restored));
    const back = await stack.rollBack(before);
    expect(back.rollback).toMatchObject({ exported: { runs: { written: 1 } }, held: { count: 0 } });
    await stack.finalPass(back, { direction: "back" });
    expect(await stack.onDisk("new")).toMatchObject(finished);
  },
);
