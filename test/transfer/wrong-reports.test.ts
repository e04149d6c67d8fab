import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Decimal128, Long } from "mongodb";
import { expect, it } from "vitest";
import { exportState, importState, verifyState } from "../../components/transfer";
import { bothEqual, importCounts } from "./counts";
import { databasePerTest, sidesOf } from "./database";
import { addFiles, artifact, logLine, run, writeState } from "./state";
import { failingCommands } from "./fail-point";

const current = databasePerTest({ failPoints: true });
const { fail, recover } = failingCommands(current);
const { sides } = sidesOf(current);

it("what the second of two commands of one insert did not bring is not reported as inserted", async () => {
  // Two manifests have artifact `a`, which the second insert meets; with it each needs two commands.
  const notes = "x".repeat(9 * 1024 * 1024);
  const manifest = (own: string) =>
    JSON.stringify({ runId: "r/1", outputs: [artifact("a", { notes }), artifact(own, { notes })] });
  const root = await writeState({
    "artifacts/r_1/artifact-manifest.json": manifest("one"),
    "artifacts/r-1/artifact-manifest.json": manifest("other"),
  });
  await fail(["insert"], { skip: 3, times: 2 }, { closeConnection: true });
  const report = await importState(sides(root)).finally(recover);

  expect(report.artifacts).toMatchObject({ read: 4, quarantined: 0 });
  const names = await current.db.collection("pack_artifacts").distinct("name");
  expect(names.toSorted()).toEqual(["a", "one", "other"]);
});

it("a plan with $ref beside $id is a plan like any other, in both directions", async () => {
  const schema = { $ref: "#/definitions/b", $id: "https://example.org/a", $db: "c", more: [1.5] };
  const plan = { inputs: { schema, list: [{ $ref: "x", $id: 1 }] } };
  const file = (status: string) =>
    JSON.stringify(run("r", { plan, steps: [{ stepId: "a", status, attempts: 1 }] }));
  const root = await writeState({ "state/runs/r.json": file("Running") });
  await importState(sides(root));
  const none = { unwritable: { count: 0 }, conflicts: { count: 0 } };

  expect(await exportState(sides(root))).toMatchObject({ ...none, runs: { unchanged: 1 } });
  await current.db
    .collection("pack_runs")
    .updateOne({}, { $set: { "steps.0.status": "Succeeded", updatedAt: new Date() } });
  expect(await exportState(sides(root))).toMatchObject({ ...none, runs: { written: 1 } });
  expect(await verifyState(sides(root))).toMatchObject(bothEqual);
  await addFiles(root, { "state/runs/r.json": file("Failed") });
  expect((await importState(sides(root))).runs).toEqual(importCounts(1, { updated: 1 }));
});

it("a number in a plan that needs a decimal keeps each digit both ways", async () => {
  const before = JSON.stringify(run("r", { plan: { limits: [{ cpu: "CPU" }] } }));
  const root = await writeState({
    "state/runs/r.json": before.replace('"CPU"', "0.1234567890123456789"),
  });
  await importState(sides(root));
  const [stored] = await current.db
    .collection("pack_runs")
    .find({ _id: "r" as never })
    .toArray();
  expect((stored?.plan as { limits: object[] }).limits).toEqual([
    { cpu: Decimal128.fromString("0.1234567890123456789") },
  ]);
  await current.db.collection("pack_runs").updateOne({}, { $set: { "plan.name": "changed" } });
  expect(await exportState(sides(root))).toMatchObject({ runs: { written: 1 } });
  const text = await readFile(join(root, "state/runs/r.json"), "utf8");
  expect(text).toMatch(/"cpu": 0\.1234567890123456789\s/);
});

it("what belongs to a run whose file is empty for a moment is imported under the run's own id", async () => {
  const root = await writeState({
    "state/runs/r_1.json": "",
    "logs/runs/r_1.ndjson": [logLine(1)],
  });
  const written = sleep(300).then(() => addFiles(root, { "state/runs/r_1.json": run("r/1") }));
  await importState(sides(root));
  await written;
  expect(await current.db.collection("pack_run_logs").distinct("runId")).toEqual(["r/1"]);
});

it("a date inside steps is a text on both sides", async () => {
  const lastTransitionAt = "2025-11-06T10:00:01.1234567+00:00";
  const steps = [{ stepId: "a", status: "Succeeded", attempts: 1, lastTransitionAt }];
  const root = await writeState({ "state/runs/r.json": run("r", { steps }) });
  await importState(sides(root));
  const runs = current.db.collection("pack_runs");
  expect(await runs.findOne()).toMatchObject({ steps });
  const moment = new Date("2025-11-06T11:00:00Z");
  await runs.updateOne({}, { $set: { "steps.0.lastTransitionAt": moment, updatedAt: moment } });
  expect(await exportState(sides(root))).toMatchObject({
    runs: { written: 1 },
    unwritable: { count: 0 },
  });
  const file = JSON.parse(await readFile(join(root, "state/runs/r.json"), "utf8")) as object;
  expect(file).toMatchObject({ steps: [{ lastTransitionAt: "2025-11-06T11:00:00.000Z" }] });
});

it.each([
  ["ticks and offset", [Long.fromBigInt(638_980_452_010_000_000n), 60]],
  ["an object", { DateTime: new Date(), Ticks: Long.fromNumber(1), Offset: 60 }],
])("a service's DateTimeOffset as %s is refused by the validator", async (_, updatedAt) => {
  const { runId: _id, ...fields } = run("r");
  const requestedAt = new Date();
  const createdAt = new Date();
  const document = { ...fields, requestedAt, createdAt, updatedAt };
  const runs = current.db.collection<{ _id: string }>("pack_runs");
  await expect(runs.insertOne({ _id, ...document })).rejects.toMatchObject({ code: 121 });
  await runs.insertOne({ _id, ...document, updatedAt: new Date() } as never);
});

it("names that nobody reads are counted, and three of them are named", async () => {
  const root = await writeState({
    "state/runs/ok.json": run("ok"),
    "state/runs/UPPER.JSON": run("UPPER"),
    "logs/runs/ok.ndjson": [logLine(3)],
    "logs/runs/ok.ndjson.1": [logLine(1), logLine(2)],
    "artifacts/ok/report.txt": "not state",
  });
  const notUtf8 = (folder: string, end: string) =>
    Buffer.concat([Buffer.from(`${join(root, folder)}/`), Buffer.from([0xe9]), Buffer.from(end)]);
  await writeFile(notUtf8("state/runs", ".json"), JSON.stringify(run("latin1")));
  await mkdir(notUtf8("artifacts", ""));
  const { skipped, runs } = await importState(sides(root));

  expect(runs).toEqual(importCounts(1, { inserted: 1 }));
  expect(skipped).toMatchObject({ foreign: 4 });
  const named = ["state/runs/UPPER.JSON", "logs/runs/ok.ndjson.1", "state/runs/\ufffd.json"];
  expect(skipped.foreignNames).toHaveLength(3);
  expect([...named, "artifacts/\ufffd"]).toEqual(expect.arrayContaining(skipped.foreignNames));
});
