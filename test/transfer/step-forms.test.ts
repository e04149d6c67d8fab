import { expect, it } from "vitest";
import { importState, verifyState } from "../../components/transfer";
import { compareUnfinished } from "../../components/transfer/import/guard";
import { importCounts } from "./counts";
import { databasePerTest, sidesOf } from "./database";
import { addFiles, age, run, writeState } from "./state";

const current = databasePerTest();
const { sides } = sidesOf(current);
const documents = () => current.db.collection<{ _id: string; steps: object[] }>("pack_runs");
const file = (runId: string) => `state/runs/${runId}.json`;

/** Steps as integers: one that runs, and a gate. */
const steps = (first = 0) => [
  { stepId: "build", kind: first, status: 2, attempts: 1 },
  { stepId: "ask", kind: first + 1, approvalId: "release", status: 1, attempts: 0 },
  { stepId: "ship", kind: first, status: 0, attempts: 0 },
];

const named = [
  { kind: "Run", status: "Succeeded", attempts: 1 },
  { kind: "GateApproval", status: "Running", attempts: 0 },
  { kind: "Run", status: "Pending", attempts: 0 },
];

const files = (runs: Readonly<Record<string, object>>) =>
  Object.fromEntries(
    Object.entries(runs).map(([runId, fields]) => [
      file(runId),
      JSON.stringify(run(runId, fields)),
    ]),
  );

it.each([
  ["Run", 0],
  ["Unknown", 1],
])("integers in steps are names in MongoDB, with kinds from %s = 0", async (_, first) => {
  const root = await writeState(files({ r: { steps: steps(first) } }));
  const report = await importState(sides(root));
  expect(report.runs).toEqual(importCounts(1, { inserted: 1 }));
  expect(report).toMatchObject({ unfinishedRuns: 1 });
  expect(await documents().findOne()).toMatchObject({ steps: named });
  const again = await importState({ ...sides(root), from: "start" });
  expect(again.runs).toMatchObject({ unchanged: 1 });
  expect(await verifyState(sides(root))).toMatchObject({ holds: true, runs: { equal: 1 } });
  expect(await compareUnfinished(sides(root), "bulk")).toMatchObject({
    compared: 1,
    unequal: { count: 0 },
  });
});

it("names in any case, and members in any case, stay as the services write them", async () => {
  const own = [{ StepId: "a", Kind: "gate.approval", Status: "succeeded" }, { STATUS: 3 }];
  const root = await writeState(files({ r: { steps: own } }));
  await importState(sides(root));
  const stored = [
    { StepId: "a", Kind: "gate.approval", Status: "succeeded" },
    { STATUS: "Failed" },
  ];
  expect((await documents().findOne())?.steps).toEqual(stored);
});

it("integers that contradict the plans stop an import before it writes anything", async () => {
  const plan = {
    steps: [
      { id: "build", type: "conditional" },
      { id: "ship", type: "loop" },
    ],
  };
  const root = await writeState(files({ r: { plan, steps: steps() } }));
  await expect(importState(sides(root))).rejects.toThrow(
    /step build of run r: kind 0 would be Run/,
  );
  for (const name of ["pack_runs", "pack_run_backfill"]) {
    expect(await current.db.collection(name).countDocuments()).toBe(0);
  }
});

it("integers that contradict the plans are imported by a hash that accepts them, and no other", async () => {
  const plan = { steps: [{ id: "build", type: "loop" }] };
  const root = await writeState(files({ r: { plan, steps: [{ stepId: "build", kind: 0 }] } }));
  const stop: unknown = await importState(sides(root)).catch((error: unknown) => error);
  const [acceptForms = ""] = /\b[\da-f]{16}\b/.exec((stop as Error).message) ?? [];
  const other = importState({ ...sides(root), acceptForms: "0123456789abcdef" });
  await expect(other).rejects.toThrow(acceptForms);
  expect((await importState({ ...sides(root), acceptForms })).runs).toMatchObject({ inserted: 1 });
  expect(await documents().findOne()).toMatchObject({ steps: [{ kind: "Run" }] });
});

it("a run with an integer that has no name is quarantined, as one that may execute steps", async () => {
  const odd = [...steps(), { stepId: "odd", kind: 12, status: 2 }];
  const root = await writeState(files({ r: { steps: odd }, s: { steps: steps() } }));
  const report = await importState(sides(root));
  expect(report.runs).toEqual(importCounts(2, { inserted: 1, quarantined: 1 }));
  expect(report.quarantine[0]?.detail).toContain("steps[3].kind");
  expect(report.quarantinedUnfinished.count).toBe(1);
});

it("a run whose step contradicts a table that no newer run confirms is quarantined", async () => {
  const newer = Object.fromEntries(
    Array.from({ length: 200 }, (_, at) => [`n${at}`, { steps: named }]),
  );
  const root = await writeState(files({ old: { steps: steps(1) }, ...newer }));
  await age(root, file("old"));
  const report = await importState(sides(root));
  expect(report.runs).toMatchObject({ inserted: 200, quarantined: 1 });
  const [refused] = report.quarantine;
  expect(refused?.file).toBe(file("old"));
  expect(refused?.detail).toMatch(/steps\[0\]: kind 1 would be GateApproval/);
  expect(report.quarantinedUnfinished.count).toBe(1);
});

it("a run that was imported by another table is read again", async () => {
  const root = await writeState(files({ r: { steps: [{ stepId: "a", kind: 4, status: 2 }] } }));
  await importState(sides(root));
  expect(await documents().findOne({ _id: "r" })).toMatchObject({ steps: [{ kind: "Map" }] });
  await addFiles(root, files({ s: { steps: steps(1) } }));
  expect((await importState(sides(root))).runs).toMatchObject({ inserted: 1, updated: 1 });
  expect(await documents().findOne({ _id: "r" })).toMatchObject({ steps: [{ kind: "Parallel" }] });
});

it("a delta pass decides the table itself after a bulk pass whose runs have no steps", async () => {
  const root = await writeState(files({ q: { steps: [] } }));
  await importState(sides(root));
  await addFiles(root, files({ r: { steps: steps(1) } }));
  await importState({ ...sides(root), pass: "delta" });
  expect(await documents().findOne({ _id: "r" })).toMatchObject({ steps: named });
});

it("a delta pass reads by the table that the bulk pass decided", async () => {
  const root = await writeState(files({ r: { steps: steps(1) } }));
  await importState(sides(root));
  const plan = { steps: [{ id: "a", type: "loop" }] };
  const other = { plan, steps: [{ stepId: "a", kind: 5, status: 2 }] };
  await addFiles(root, files({ s: other, t: other, u: other, v: other }));
  await importState({ ...sides(root), pass: "delta" });
  expect(await documents().findOne({ _id: "s" })).toMatchObject({ steps: [{ kind: "Map" }] });
  expect(await documents().findOne({ _id: "r" })).toMatchObject({ steps: named });
});
