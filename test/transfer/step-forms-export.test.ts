import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Int32, type Document } from "mongodb";
import { expect, it } from "vitest";
import { recordCutover, exportByHand, exportState, importState } from "../../components/transfer";
import { exportCounts } from "./counts";
import { databasePerTest, ledgerCollection, sidesOf } from "./database";
import { jsonIn, run, writeState } from "./state";

const current = databasePerTest();
const { sides, runs } = sidesOf(current);
const file = (runId: string) => `state/runs/${runId}.json`;
const read = (root: string, runId: string) => readFile(join(root, file(runId)), "utf8");

/** A step's members that no export may touch. */
const untouched = {
  attempts: 1,
  lastTransitionAt: "2025-11-06T10:00:01.1234567+00:00",
  nextAttemptAt: null,
};

/** Two steps of a run, the second still running, as integers, as names, or one of each. */
const forms = {
  integers: [
    { kind: 0, status: 2 },
    { kind: 1, status: 1, approvalId: "a" },
  ],
  names: [
    { kind: "Run", status: "Succeeded" },
    { kind: "GateApproval", status: "Running", approvalId: "a" },
  ],
  mixed: [
    { kind: "Run", status: 2 },
    { kind: "GateApproval", status: 1, approvalId: "a" },
  ],
} as const;
const stepsIn = (form: keyof typeof forms) =>
  forms[form].map((step, at) => ({ stepId: `s${at}`, ...step, ...untouched }));

/** A run's file as an export writes it. */
const text = (runId: string, steps: object[], fields: object = {}) =>
  `${JSON.stringify(run(runId, { steps, ...fields }), undefined, 2)}\n`;

/** What the services write when the second step is done: a `DateTime`, and null for what is absent. */
const later = new Date("2025-11-06T11:00:00Z");
const finish = (status: unknown, moment: unknown) => ({
  $set: {
    updatedAt: later,
    "steps.1.status": status,
    "steps.0.lastTransitionAt": moment,
    "steps.0.maxParallel": null,
  },
});

it.each(["integers", "names", "mixed"] as const)(
  "a run with steps as %s on disk changes there only as it did in MongoDB",
  async (form) => {
    const compact = JSON.stringify(run("same", { steps: stepsIn(form) }));
    const root = await writeState({
      [file("r")]: text("r", stepsIn(form)),
      [file("same")]: compact,
    });
    await importState(sides(root));
    await runs().updateOne({ _id: "r" }, finish("Succeeded", new Date("2025-11-06T10:00:01.123Z")));
    expect(await exportState({ ...sides(root), all: true })).toMatchObject({
      runs: exportCounts(2, { written: 1, unchanged: 1 }),
    });
    const [first, second] = stepsIn(form);
    const status = form === "names" ? "Succeeded" : 2;
    const steps = [first ?? {}, { ...second, status }];
    expect(await read(root, "r")).toBe(text("r", steps, { updatedAt: later }));
    expect(await read(root, "same")).toBe(compact);
    // Also if what both sides agreed on is lost.
    await current.db.collection("pack_run_backfill").deleteMany({});
    expect(await exportState({ ...sides(root), all: true })).toMatchObject({
      files: 0,
      runs: exportCounts(2, { unchanged: 2 }),
    });
  },
);

it.each(["integers", "names"] as const)(
  "integers that a service wrote to MongoDB are %s again in their file",
  async (form) => {
    const root = await writeState({ [file("r")]: text("r", stepsIn(form)) });
    await importState(sides(root));
    const one = { stepId: "s2", kind: new Int32(4), status: new Int32(3) };
    await runs().updateOne({ _id: "r" }, { $push: { steps: one as never } });
    await exportState(sides(root));
    const written = form === "names" ? { kind: "Map", status: "Failed" } : { kind: 4, status: 3 };
    expect((await jsonIn(root, file("r"))) as Document).toMatchObject({
      steps: [{}, {}, { stepId: "s2", ...written }],
    });
  },
);

const added = { steps: [{ stepId: "s0", kind: "Map", status: "Failed" }], planHash: "new" };

it.each([
  ["integers", { kind: 4, status: 3 }],
  ["names", { kind: "Map", status: "Failed" }],
  ["mixed", { kind: "Map", status: 3 }],
] as const)("a new run follows the directory's other files: %s", async (form, written) => {
  const root = await writeState({ [file("r")]: text("r", stepsIn(form)) });
  await importState(sides(root));
  const { _id: former, ...fields } = (await runs().findOne()) ?? { _id: "" };
  await runs().insertOne({ ...fields, ...added, _id: former === "r" ? "new" : former });
  await exportState(sides(root));
  expect(await jsonIn(root, file("new"))).toMatchObject({ steps: [{ stepId: "s0", ...written }] });
});

it("a state directory that is lost comes back in the forms that it had", async () => {
  const gates = [
    { kind: 1, status: 2 },
    { kind: 2, status: 1, approvalId: "a" },
  ];
  const steps = gates.map((step, at) => ({ stepId: `s${at}`, ...step, ...untouched }));
  const root = await writeState({ [file("r")]: text("r", steps) });
  await importState(sides(root));
  const cutoverRecord = {
    ledger: ledgerCollection,
    stack: "storage/test",
    cutover: 1,
    unfinishedCount: 1,
  };
  await recordCutover({ ...sides(root), ...cutoverRecord });
  await current.db.collection("pack_run_backfill").deleteMany({});
  await rm(root, { recursive: true });
  await exportByHand(
    { ...sides(root), all: true },
    { ledger: ledgerCollection, electionSeconds: 5 },
  );
  expect(await jsonIn(root, file("r"))).toMatchObject({ steps });
});
