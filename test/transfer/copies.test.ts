import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Document, ObjectId } from "mongodb";
import { describe, expect, it } from "vitest";
import { readRecord, addCutover } from "../../components/ledger";
import {
  readCutoverRecord,
  requireWritableState,
  writeCutoverRecord,
} from "../../components/state";
import { providers } from "../../components/transfer/provider";
import { ledgerCollection } from "./database";
import { addFiles } from "./state";
import { atFirstRead } from "./first-read";
import { refuseWrites } from "./read-only";
import { type Outs, RollbackStack, finished, runStep } from "./rollback-stack";

// What an older copy of the state directory, or of the database, is believed.

const stack = new RollbackStack();
const busy = "state/runs/busy.json";
const done = "state/runs/done.json";
const bulkPass = () => providers.BulkPass.create(stack.toFiles());
const nothing = { at: "", unfinishedCount: 0, token: undefined };
const later = { $set: { planHash: "later" } };

/** Takes a snapshot of the state directory; returns how to restore it. */
async function snapshot(): Promise<() => Promise<void>> {
  const files = await stack.allFiles();
  return async () => {
    await rm(stack.root, { recursive: true });
    await addFiles(stack.root, files);
  };
}

async function snapshotOfMongo(): Promise<() => Promise<void>> {
  const kept = new Map<string, Document[]>();
  for (const one of await stack.db.collections()) {
    kept.set(one.collectionName, await one.find({}, { promoteValues: false }).toArray());
  }
  return async () => {
    for (const [name, documents] of kept) {
      await stack.db.collection(name).deleteMany({});
      if (documents.length > 0) await stack.db.collection(name).insertMany(documents);
    }
  };
}

describe.each([
  ["the bulk pass", bulkPass],
  ["an export by hand", () => stack.exportByHand()],
])("a directory that is restored from before %s", (_, exported) => {
  it("gets again what MongoDB has, and holds nothing", async () => {
    const before = await stack.wholeCutover();
    const restore = await snapshot();
    await stack.advance();
    await stack.runs.updateOne({ _id: "done" }, later);
    await exported();
    expect(await stack.onDisk("busy")).toMatchObject(finished);
    await restore();
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ exported: { older: "directory" }, held: { count: 0 } });
    expect(stack.printed.join("\n")).toContain("[older-copy]");
    expect(await stack.onDisk("busy")).toMatchObject(finished);
    expect(await stack.onDisk("done")).toMatchObject({ planHash: "later" });
  });

  it("is compared whole by an export, and then vouched for again", async () => {
    await stack.wholeCutover();
    const restore = await snapshot();
    await stack.runs.updateOne({ _id: "done" }, later);
    await exported();
    await restore();
    expect(await stack.exportByHand()).toMatchObject({ older: "directory", runs: { written: 1 } });
    expect(await stack.onDisk("done")).toMatchObject({ planHash: "later" });
    expect(await stack.exportByHand()).not.toHaveProperty("older");
  });
});

it("an older copy is not vouched for while a record of it could not be written", async () => {
  await stack.wholeCutover();
  const restore = await snapshot();
  await stack.runs.updateOne({ _id: "done" }, later);
  await stack.exportByHand();
  await restore();
  // A backup has half a file.
  await writeFile(join(stack.root, done), "{");
  expect(await stack.exportByHand()).toMatchObject({ older: "directory", runs: { conflicts: 1 } });
  expect(await stack.exportByHand()).toMatchObject({ older: "directory", runs: { conflicts: 1 } });
  await rm(join(stack.root, done));
  expect(await stack.exportByHand()).toMatchObject({ older: "directory", runs: { written: 1 } });
  expect(await stack.exportByHand()).not.toHaveProperty("older");
});

it("a directory that is restored from before an export that was cut off is compared whole", async () => {
  const before = await stack.wholeCutover();
  const restore = await snapshot();
  await stack.runs.updateOne({ _id: "done" }, later);
  // Everything is written, and the token after it is not.
  let end: (() => void) | undefined;
  atFirstRead("end", () => Promise.resolve((end = refuseWrites("cutover.json"))));
  await expect(stack.exportByHand()).rejects.toThrow("EROFS");
  expect(await stack.onDisk("done")).toMatchObject({ planHash: "later" });
  end?.();
  await restore();
  await stack.rollBack(before);
  expect(await stack.onDisk("done")).toMatchObject({ planHash: "later" });
});

it("a directory that is restored from the middle of an export is compared whole", async () => {
  const before = await stack.wholeCutover();
  await stack.runs.updateOne({ _id: "done" }, later);
  let restore = () => Promise.resolve();
  atFirstRead("begin", async () => void (restore = await snapshot()));
  await stack.exportByHand();
  await restore();
  const { rollback } = await stack.rollBack(before);
  expect(rollback).toMatchObject({ exported: { older: "directory" } });
  expect(await stack.onDisk("done")).toMatchObject({ planHash: "later" });
});

it("an export of some runs does not vouch for the others of an older copy", async () => {
  await stack.wholeCutover();
  const restore = await snapshot();
  await stack.runs.updateMany({}, later);
  await stack.exportByHand();
  await restore();
  expect(await stack.exportByHand({ only: ["done"] })).toMatchObject({ runs: { written: 1 } });
  expect(await stack.exportByHand()).toMatchObject({ older: "directory", runs: { written: 2 } });
});

it("a run that an older copy lacks after the cutover has ended was not removed on disk", async () => {
  const before = await stack.wholeCutover();
  const logs = stack.db.collection("pack_run_logs");
  await logs.insertOne({ ...(await logs.findOne()), _id: new ObjectId(), runId: "new" });
  await stack.runs.insertOne({ ...(await stack.runs.findOne({ _id: "done" })), _id: "new" });
  await stack.rollBack(before);
  const restore = await snapshot();
  await stack.exportByHand();
  await restore();
  await rm(join(stack.root, "state/runs/new.json"));
  await rm(join(stack.root, "logs/runs/new.ndjson"));
  const written = { written: 1, removed: 0 };
  expect(await stack.exportByHand()).toMatchObject({ runs: written, logs: written });
});

it("a restored MongoDB does not vouch for the files, and brings nothing back that was removed on disk", async () => {
  const before = await stack.wholeCutover();
  await stack.rollBack(before);
  const restore = await snapshotOfMongo();
  await stack.exportByHand();
  await restore();
  const edited = { ...((await stack.onDisk("done")) as object), planHash: "edited" };
  await writeFile(join(stack.root, done), JSON.stringify(edited));
  await rm(join(stack.root, busy));
  const report = await stack.exportByHand();
  const runs = { written: 0, newerOnDisk: 1, unchanged: 1, removed: 1 };
  expect(report).toMatchObject({ older: "mongo", runs });
  expect(await stack.exportByHand()).not.toHaveProperty("older");
});

it.each([1, 3])(
  "a MongoDB that is restored from before %i exports is the older side",
  async (exports) => {
    const before = await stack.wholeCutover();
    const restore = await snapshotOfMongo();
    await stack.runs.updateOne({ _id: "done" }, later);
    for (let made = 0; made < exports; made += 1) await stack.exportByHand();
    await restore();
    const { rollback } = await stack.rollBack(before);
    expect(rollback).toMatchObject({ exported: { older: "mongo", runs: { newerOnDisk: 1 } } });
    expect(await stack.onDisk("done")).toMatchObject({ planHash: "later" });
  },
);

describe("a directory and a database that both went on from one copy", () => {
  /** Exports once from each of two copies, and leaves the directory of one with the database of the other. */
  async function diverge(): Promise<void> {
    const restoreFiles = await snapshot();
    const restoreMongo = await snapshotOfMongo();
    await stack.runs.updateOne({ _id: "done" }, later);
    await stack.exportByHand();
    const restoreLater = await snapshot();
    await restoreFiles();
    await restoreMongo();
    await stack.runs.updateOne({ _id: "done" }, { $set: { planHash: "other" } });
    await stack.exportByHand();
    await restoreLater();
  }

  it("are compared whole, and neither wins as the newer one", async () => {
    await stack.wholeCutover();
    await diverge();
    const report = await stack.exportByHand();
    expect(report).toMatchObject({ older: "diverged", runs: { written: 0, conflicts: 1 } });
    expect(await stack.onDisk("done")).toMatchObject({ planHash: "later" });
  });

  it("have no run that was removed", async () => {
    await stack.rollBack(await stack.wholeCutover());
    await diverge();
    await rm(join(stack.root, busy));
    const report = await stack.exportByHand();
    expect(report).toMatchObject({ older: "diverged", runs: { written: 1, removed: 0 } });
  });
});

it.each([
  ["the same newest one", ["b", "a"], ["b"], undefined],
  ["one that the directory had before", ["b", "a"], ["a"], "mongo"],
  ["one that the directory never had", ["b", "a"], ["c"], "directory"],
])("compares lists of tokens of an earlier version: %s", async (_, tokens, recorded, older) => {
  await stack.wholeCutover();
  const { token, ...cutoverRecord } = (await readCutoverRecord(stack.root)) ?? nothing;
  expect(token).toMatchObject({ n: 2 });
  await writeCutoverRecord(stack.root, { ...cutoverRecord, tokens });
  const $set = { cutoverFile: { ...cutoverRecord, tokens: recorded } };
  await stack.db.collection(ledgerCollection).updateOne({}, { $set });
  const report = await stack.exportByHand();
  if (older) expect(report).toMatchObject({ older });
  else expect(report).not.toHaveProperty("older");
  expect(await readCutoverRecord(stack.root)).toMatchObject({ token: { n: older ? 1 : 2 } });
  expect(await stack.exportByHand()).not.toHaveProperty("older");
});

it("a write beside another one and a probe does not damage cutover.json", async () => {
  await stack.cutover();
  const { token, ...cutoverRecord } = (await readCutoverRecord(stack.root)) ?? nothing;
  expect(token).toMatchObject({ n: 1 });
  for (let pair = 0; pair < 100; pair += 1) {
    const writing = [
      writeCutoverRecord(stack.root, cutoverRecord),
      writeCutoverRecord(stack.root, cutoverRecord),
    ];
    await Promise.all([...writing, requireWritableState(stack.sides)]);
    expect(await readCutoverRecord(stack.root)).toEqual(cutoverRecord);
  }
  expect(await readdir(stack.root)).not.toContainEqual(expect.stringContaining(".tmp"));
});

it("cutover.json and the ledger agree again after an export that was cut off between the two", async () => {
  await stack.wholeCutover();
  const records = stack.db.collection(ledgerCollection);
  const { cutoverFile } = (await readRecord(stack.db, ledgerCollection)) ?? {};
  expect(cutoverFile).toEqual(await readCutoverRecord(stack.root));
  await stack.exportByHand();
  await records.updateOne({}, { $set: { cutoverFile } });
  expect(await stack.exportByHand()).toMatchObject({ older: "mongo" });
  const record = await readRecord(stack.db, ledgerCollection);
  expect(record?.cutoverFile).toEqual(await readCutoverRecord(stack.root));
  expect(await stack.exportByHand()).not.toHaveProperty("older");
});

describe("a directory that is restored from before the last cutover", () => {
  const cutover = { cutover: 2, stoppedAt: "2" };

  async function restoredFromBefore(): Promise<Outs> {
    const back = await stack.rollBack(await stack.cutover());
    const restore = await snapshot();
    const again = await runStep(back, stack.inputs(cutover));
    await stack.change("busy", finished);
    await restore();
    await rm(join(stack.root, done));
    return again;
  }

  it("gets the record and all that it lacks by the command that the error names, and rolls back", async () => {
    const again = await restoredFromBefore();
    const refused = stack.rollBack(again, cutover);
    await expect(refused).rejects.toMatchObject({
      reasons: [expect.stringMatching(/has the cutover of .*export --all/)],
    });
    expect(await stack.exportByHand({ all: true })).toMatchObject({
      runs: { written: 2, removed: 0 },
    });
    const cutoverRecord = await readCutoverRecord(stack.root);
    expect(cutoverRecord).toMatchObject({
      at: again.cutoverRecord?.at,
      former: again.cutoverRecord?.former,
    });
    expect(cutoverRecord).not.toHaveProperty("endedAt");
    const { rollback } = await stack.rollBack(again, cutover);
    expect(rollback).toMatchObject({ held: { count: 0 } });
    expect(await stack.onDisk("busy")).toMatchObject(finished);
  });

  it("keeps its record if only some runs are exported", async () => {
    await restoredFromBefore();
    const cutoverRecord = await readCutoverRecord(stack.root);
    await stack.exportByHand({ all: true, only: ["busy"] });
    expect((await readCutoverRecord(stack.root))?.at).toBe(cutoverRecord?.at);
  });

  it("does not put an ended cutover in force, nor take one of another stack", async () => {
    const again = await restoredFromBefore();
    await stack.exportByHand({ all: true });
    await stack.rollBack(again, cutover);
    const { endedAt } = (await readCutoverRecord(stack.root)) ?? {};
    await addCutover(stack.db, ledgerCollection, { at: new Date(), stack: "storage/other" });
    for (const lost of [false, true]) {
      if (lost) await rm(stack.root, { recursive: true });
      expect(await stack.exportByHand({ all: true })).toMatchObject({
        runs: { written: lost ? 3 : 0 },
      });
      expect(await readCutoverRecord(stack.root)).toMatchObject({
        at: again.cutoverRecord?.at,
        endedAt,
      });
    }
  });
});
