import { type Db, Long } from "mongodb";
import { expect, it } from "vitest";
import { importState, compareForms } from "../../../components/transfer";
import { databasePerTest, defaultSides } from "../database";
import { addFiles, approval, artifact, logLine, run, writeState } from "../state";

const current = databasePerTest();
const moment = new Date("2025-11-08T10:00:00Z");
const [step] = run("a").steps;
const steps = [{ ...step, lastTransitionAt: "2025-11-06T10:00:00Z" }];

const files = {
  ...Object.fromEntries(["a", "b", "c"].map((id) => [`state/runs/${id}.json`, run(id, { steps })])),
  "logs/runs/a.ndjson": [logLine(1, { traceId: "t" })],
  "artifacts/a/artifact-manifest.json": { outputs: [artifact("report")] },
  "state/approvals/a.json": [approval("gate", { summary: "fine" })],
};

async function imported() {
  const root = await writeState(files);
  const sides = defaultSides(current.db, root);
  await importState(sides);
  return sides;
}

/** Runs as a service writes them, with their parts. */
async function playService(db: Db, members: object): Promise<void> {
  for (const [at, _id] of ["s-1", "s-2", "s-3"].entries()) {
    const dates = { requestedAt: moment, createdAt: moment, updatedAt: moment };
    const document = { ...run(_id), ...dates, plan: { at }, ...members, _id };
    await db.collection<{ _id: string }>("pack_runs").insertOne(document);
    const part = { runId: _id, metadata: null };
    const entry = { ...part, ...logLine(1), sequence: Long.ONE, timestamp: moment, traceId: at };
    await db.collection("pack_run_logs").insertOne(entry);
    await db
      .collection("pack_artifacts")
      .insertOne({ ...part, ...artifact("a"), capturedAt: moment });
    const asked = { ...part, ...approval("a", { status: "Pending" }), requestedAt: moment };
    await db.collection("pack_run_approvals").insertOne(asked);
  }
}

const pathsIn = async (sides: Parameters<typeof compareForms>[0]) =>
  (await compareForms(sides)).differences.map(({ role, path }) => `${role} ${path}`);

it("has nothing to compare with before a service has written", async () => {
  expect(await compareForms(await imported())).toEqual({
    compared: { runs: 0, logs: 0, artifacts: 0, approvals: 0 },
    differences: [],
  });
});

it("compares the documents of services in every collection, before and after the import", async () => {
  const root = await writeState(files);
  const sides = defaultSides(current.db, root);
  await playService(current.db, { steps: [{ ...steps[0], attempts: "1" }] });
  const expected = ["runs steps[].attempts", "logs traceId", "approvals status"];
  expect(await pathsIn(sides)).toEqual(expected);
  await importState(sides);
  expect(await pathsIn(sides)).toEqual(expected);
  const { compared, differences, hash } = await compareForms(sides);
  expect(compared).toEqual({ runs: 3, logs: 3, artifacts: 3, approvals: 3 });
  expect(differences[0]).toMatchObject({
    imported: { form: "number", count: 3 },
    services: [{ form: "string", count: 3 }],
  });
  expect(hash).toMatch(/^[0-9a-f]{16}$/);
});

it("counts of an imported run only what a service changed", async () => {
  const sides = await imported();
  const { db: database } = current;
  const changed = { "steps.0.lastTransitionAt": moment, updatedAt: moment, planHash: "sha256:2" };
  await database.collection("pack_runs").updateMany({}, { $set: changed });
  expect(await compareForms(sides)).toMatchObject({
    compared: { runs: 3 },
    differences: [{ path: "steps[].lastTransitionAt", services: [{ form: "date", count: 3 }] }],
  });
});

it("leaves out an imported run whose file changed since", async () => {
  const sides = await imported();
  await current.db.collection("pack_runs").updateMany({}, { $set: { planHash: "sha256:2" } });
  expect((await compareForms(sides)).compared.runs).toBe(3);
  await addFiles(sides.root, { "state/runs/a.json": run("a") });
  expect((await compareForms(sides)).compared.runs).toBe(2);
});

it.each([
  ["a document made by hand", { steps: [{ lastTransitionAt: moment }] }, 1],
  ["fields of their own", { steps: [{ startedAt: moment }], owner: 1 }, 3],
  ["nulls", { tenantId: null, steps: [{ lastTransitionAt: null }] }, 3],
  ["integers of 64 bits", { steps: [{ attempts: Long.ONE }] }, 3],
])("is silent about %s", async (_what, members, count) => {
  const sides = await imported();
  await playService(current.db, members);
  const ids = ["s-1", "s-2", "s-3"].slice(count);
  await current.db.collection<{ _id: string }>("pack_runs").deleteMany({ _id: { $in: ids } });
  const runs = (await pathsIn(sides)).filter((path) => path.startsWith("runs "));
  expect(runs).toEqual([]);
});
