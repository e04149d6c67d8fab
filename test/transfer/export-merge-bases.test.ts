import type { Document } from "mongodb";
import { expect, it } from "vitest";
import { exportState, importState, verifyState } from "../../components/transfer";
import { Checkpoints } from "../../components/transfer/checkpoints";
import { emptyDatabasePerTest } from "../server";
import { exportCounts } from "./counts";
import { sidesOf } from "./database";
import { addFiles, jsonIn, run, writeState } from "./state";
import { killedBeforeSettling } from "./killed";

const current = emptyDatabasePerTest();

const { sides, runs } = sidesOf(current);
const change = (runId: string, set: Document) => runs().updateOne({ _id: runId }, { $set: set });

const state = {
  "state/runs/a_b.json": run("a/b"),
  "state/runs/r-1.json": run("r-1", { extra: [1, null] }),
};

/** What a service may keep in MongoDB and JSON has no form of its own for. */
const moment = new Date("2025-11-06T10:00:00.123Z");
const withMoments = async () => {
  const root = await writeState(state);
  await importState(sides(root));
  await change("r-1", { "plan.at": moment, steps: [{ stepId: "build", since: moment }] });
  expect(await exportState(sides(root))).toMatchObject({
    runs: { written: 1 },
    conflicts: { count: 0 },
  });
  return root;
};

it("a run with dates in its plan is the same on both sides after an export", async () => {
  const root = await withMoments();
  expect(await jsonIn(root, "state/runs/r-1.json")).toMatchObject({
    plan: { at: "2025-11-06T10:00:00.123Z" },
  });
  for (const all of [false, true]) {
    const report = await exportState({ ...sides(root), all });
    expect(report).toMatchObject({ files: 0, runs: exportCounts(2, { unchanged: 2 }) });
  }
  await new Checkpoints(current.db).forget();
  expect(await importState(sides(root))).toMatchObject({
    runs: { unchanged: 2 },
    quarantine: [],
  });
  expect(await runs().findOne({ _id: "r-1" })).toMatchObject({ plan: { at: moment } });
  expect(await verifyState(sides(root))).toMatchObject({ holds: true, runs: { equal: 2 } });
});

it("of a run with dates in its plan the side that changed since wins", async () => {
  const root = await withMoments();
  const file = async () => (await jsonIn(root, "state/runs/r-1.json")) as object;
  await change("r-1", { planHash: "by MongoDB" });
  expect(await importState(sides(root))).toMatchObject({ runs: { unchanged: 2 }, quarantine: [] });
  expect(await verifyState(sides(root))).toMatchObject({ holds: true, runs: { newerInMongo: 1 } });
  expect(await exportState(sides(root))).toMatchObject({
    runs: { written: 1 },
    conflicts: { count: 0 },
  });

  const later = JSON.stringify({ ...(await file()), planHash: "by file" });
  await addFiles(root, { "state/runs/r-1.json": later });
  expect(await exportState({ ...sides(root), all: true })).toMatchObject({
    runs: { newerOnDisk: 1 },
    conflicts: { count: 0 },
  });
  expect(await importState(sides(root))).toMatchObject({ runs: { updated: 1 }, quarantine: [] });
  expect(await runs().findOne({ _id: "r-1" })).toMatchObject({ planHash: "by file" });
});

it("an export that ends between a file and its merge base leaves no doubt about either", async () => {
  const root = await writeState(state);
  await importState(sides(root));
  await change("r-1", { "plan.at": moment });
  await killedBeforeSettling(() => exportState(sides(root)));

  expect(await jsonIn(root, "state/runs/r-1.json")).toHaveProperty("plan.at");
  expect(await importState(sides(root))).toMatchObject({ runs: { unchanged: 2 }, quarantine: [] });
  expect(await runs().findOne({ _id: "r-1" })).toMatchObject({ plan: { at: moment } });
});

it("a run that a service on files took before the export was killed is the file's", async () => {
  const root = await writeState({});
  await importState(sides(await writeState(state)));
  await current.db.collection("pack_run_backfill").deleteMany({});
  await killedBeforeSettling(() => exportState(sides(root)));
  const later = JSON.stringify(run("a/b", { planHash: "by the service" }));
  await addFiles(root, { "state/runs/a_b.json": later });
  expect(await exportState({ ...sides(root), all: true })).toMatchObject({
    runs: { newerOnDisk: 1 },
    conflicts: { count: 0 },
  });
});
