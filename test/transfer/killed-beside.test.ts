import { FindCursor } from "mongodb";
import { expect, it, vi } from "vitest";
import { exportState, importState } from "../../components/transfer";
import type { MergeBaseDocument } from "../../components/transfer/merge-bases";
import { databasePerTest, sidesOf } from "./database";
import { addFiles, jsonIn, run, writeState } from "./state";
import { Writer, killedBeside } from "./killed";

// Imports and exports of several processes at the same time, of which one is killed.

const current = databasePerTest();
const file = "state/runs/r.json";
const { sides, runs } = sidesOf(current);

/** A run that went on so often. */
const runAt = (version: number) => ({ [file]: run("r", versionOf(version)) });
const versionOf = (version: number) => ({ planHash: `version ${version}` });

/** The services go on in MongoDB. */
const advance = (version: number) => runs().updateOne({ _id: "r" }, { $set: versionOf(version) });

async function announcements(): Promise<MergeBaseDocument["next"]> {
  const bases = current.db.collection<MergeBaseDocument>("pack_run_backfill");
  return (await bases.findOne({ _id: "base:runs:r" }))?.next;
}

it.each([
  ["the same", 1],
  ["a newer", 2],
])("a killed export beside one of %s version makes no conflict", async (_, version) => {
  const root = await writeState(runAt(0));
  await importState(sides(root));
  await advance(1);
  const report = await killedBeside(
    () => exportState(sides(root)),
    () => advance(version),
  );
  expect(report).toMatchObject({ runs: { written: 0, unwritable: 1 } });
  expect(await jsonIn(root, file)).toMatchObject(versionOf(1));

  await advance(3);
  const later = await exportState(sides(root));
  expect(later).toMatchObject({ runs: { written: 1 }, conflicts: { count: 0 } });
  expect(await jsonIn(root, file)).toMatchObject(versionOf(3));
  expect(await announcements()).toEqual([]);
});

it.each([
  ["a new run", false],
  ["a run that MongoDB has", true],
])("a killed import of %s beside one of a newer version makes no conflict", async (_, isThere) => {
  const root = await writeState(runAt(0));
  if (isThere) await importState(sides(root));
  await addFiles(root, runAt(1));
  const report = await killedBeside(
    () => importState(sides(root)),
    () => addFiles(root, runAt(2)),
  );
  expect(report).toMatchObject({ runs: { updated: 1, quarantined: 0 } });
  expect(await runs().find().toArray()).toMatchObject([versionOf(2)]);
  expect(await announcements()).toEqual([]);
});

it("an export that is killed before its first write of a run leaves no later conflict", async () => {
  await importState(sides(await writeState(runAt(0))));
  const bases = current.db.collection("pack_run_backfill");
  await bases.deleteMany({});
  const root = await writeState({});
  await new Writer(() => exportState(sides(root))).kill("announced");
  for (const version of [1, 2]) {
    await advance(version);
    const report = await exportState(sides(root));
    expect(report).toMatchObject({ runs: { written: 1 }, conflicts: { count: 0 } });
  }
});

it("a run that goes back to what it was, after a killed export wrote it, is written again", async () => {
  const root = await writeState(runAt(0));
  await importState(sides(root));
  await advance(1);
  await new Writer(() => exportState(sides(root))).kill();
  await advance(0);
  expect(await exportState(sides(root))).toMatchObject({
    runs: { written: 1 },
    conflicts: { count: 0 },
  });
  expect(await jsonIn(root, file)).toMatchObject(versionOf(0));
  expect(await announcements()).toEqual([]);
});

it("announcements of killed exports are gone after the next one", async () => {
  const root = await writeState(runAt(0));
  await importState(sides(root));
  for (const version of [1, 2, 3]) {
    await advance(version);
    await new Writer(() => exportState(sides(root))).kill("announced");
    expect(await announcements()).toHaveLength(version);
  }
  expect(await exportState(sides(root))).toMatchObject({ runs: { written: 1 } });
  expect(await announcements()).toEqual([]);
});

/** Does something else once runs were read by their ids, before the next read. */
function afterReadOfRuns(work: () => Promise<unknown>): void {
  const read = Reflect.get(FindCursor.prototype, "toArray");
  let isRead = false;
  const reads = vi.spyOn(FindCursor.prototype, "toArray");
  reads.mockImplementation(async function (this: FindCursor) {
    if (isRead) {
      reads.mockRestore();
      await work();
    }
    const isByIds = "_id" in (Reflect.get(this, "cursorFilter") as object);
    isRead = isByIds && this.namespace.collection === "pack_runs";
    return read.call(this) as Promise<unknown[]>;
  });
}

it("an import that finds both sides equal leaves the announcement of one at work", async () => {
  const root = await writeState(runAt(0));
  await importState(sides(root));
  let other: Writer<unknown> | undefined;
  afterReadOfRuns(async () => {
    await addFiles(root, runAt(1));
    other = new Writer(() => importState(sides(root)));
    await other.waits();
  });
  await importState({ ...sides(root), from: "start" });
  await other?.kill();
  expect(await runs().find().toArray()).toMatchObject([versionOf(1)]);
  await addFiles(root, runAt(2));
  expect(await importState(sides(root))).toMatchObject({ runs: { updated: 1, quarantined: 0 } });
});
