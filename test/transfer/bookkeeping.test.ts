import type { Document } from "mongodb";
import { expect, it } from "vitest";
import { ledgerCollection } from "./database";
import { readCutoverRecord, writeCutoverRecord } from "../../components/state";
import { verifyState } from "../../components/transfer";
import { type Outs, RollbackStack, finished, running } from "./rollback-stack";
import { addFiles, run } from "./state";

// What the final pass and a rollback conclude if the bookkeeping of a cutover in force is lost.

const stack = new RollbackStack();
const submitted = { steps: [{ stepId: "build", status: "Pending", attempts: 0 }] };
const first = "state/runs/first.json";
const bookkeeping = () => stack.db.collection<Document & { _id: string }>("pack_run_backfill");
const loseBookkeeping = () => bookkeeping().deleteMany({});
const removeMark = () => bookkeeping().deleteMany({ _id: /^cutover:/ });
async function replaceMark() {
  await removeMark();
  await bookkeeping().insertOne({ _id: "cutover:2025-11-01T00:00:00.000Z" });
}
const nothing = { at: "", unfinishedCount: 0, token: undefined };

/** A cutover of the sample, and of a run that no worker has begun. */
async function cutover(): Promise<Outs> {
  await addFiles(stack.root, { [first]: run("first", submitted) });
  return stack.cutover();
}

it("a run that was imported before the bookkeeping was lost is not superseded", async () => {
  const before = await cutover();
  await stack.finalPass(before);
  await loseBookkeeping();
  await stack.change("first", { ...finished, updatedAt: new Date() });
  const { report } = await stack.finalPass(before);
  expect(report).toMatchObject({
    bookkeepingLost: { count: 0 },
    runs: { unchanged: 4 },
    quarantine: [],
  });
  expect(report).not.toHaveProperty("begunInMongo");
  expect(stack.printed.join("\n")).toContain("[bookkeeping-lost]");
  expect(Object.keys(await stack.files())).toContain(first);
  expect(await verifyState(stack.sides)).toMatchObject({ holds: true });
});

it.each([
  ["without the mark", removeMark],
  ["of another cutover", replaceMark],
])("bookkeeping %s proves nothing: every file is compared", async (_, lose) => {
  const before = await cutover();
  await lose();
  await stack.db.collection("pack_run_logs").deleteMany({});
  const { report } = await stack.finalPass(before);
  expect(report).toMatchObject({
    bookkeepingLost: { count: 0 },
    logs: { inserted: 1 },
    unchangedFiles: 0,
  });
});

it("names the runs that the final pass inserts, because they may have been removed", async () => {
  const before = await cutover();
  await loseBookkeeping();
  await stack.runs.deleteOne({ _id: "first" });
  const { report } = await stack.finalPass(before);
  expect(report).toMatchObject({
    bookkeepingLost: { count: 1, cases: ["first"] },
    runs: { inserted: 1 },
  });
  expect(stack.printed.join("\n")).toMatch(/first.*\[bookkeeping-lost\]/);
});

it("a cutover that an earlier version recorded has no mark, and lost nothing", async () => {
  const before = await cutover();
  await removeMark();
  const { token, ...cutoverRecord } = (await readCutoverRecord(stack.root)) ?? nothing;
  expect(token).toBeDefined();
  const earlier = { ...cutoverRecord, tokens: ["a"] };
  await writeCutoverRecord(stack.root, earlier);
  const $set = { cutoverFile: earlier };
  await stack.db.collection(ledgerCollection).updateOne({}, { $set });
  // Web submits a run, and the worker begins it in MongoDB from its job.
  await addFiles(stack.root, { "state/runs/late.json": run("late", submitted) });
  const document = await stack.runs.findOne({ _id: "busy" });
  await stack.runs.insertOne({ ...document, _id: "late", ...running });
  // The first final pass gives the record a numbered token.
  for (const begunInMongo of [{ count: 1, cases: ["late"] }, undefined]) {
    const { report } = await stack.finalPass(before);
    expect(report).not.toHaveProperty("bookkeepingLost");
    expect(report?.begunInMongo).toEqual(begunInMongo);
  }
  expect(await readCutoverRecord(stack.root)).toMatchObject({ token: { n: 1 } });
});

it("a rollback holds a run that MongoDB lacks, because nothing shows that it never had it", async () => {
  const before = await cutover();
  await loseBookkeeping();
  await stack.runs.deleteOne({ _id: "first" });
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({ held: { cases: ["first"] } });
  expect(rollback).not.toHaveProperty("notImported");
});
