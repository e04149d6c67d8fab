import { mkdir, readFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { beforeEach, expect, it, vi } from "vitest";
import { providers } from "../../components/transfer/provider";
import type { ImportResults, PassInputs } from "../../components/transfer";
import { RollbackStack } from "./rollback-stack";
import { refuseWrites } from "./read-only";
import { addFiles, approval, lines, logLine, run } from "./state";

const stack = new RollbackStack();
const { BulkPass, Verification } = providers;
let inputs: PassInputs;

/** The inputs of a stack's first cutover, with a root as the settings have it. */
beforeEach(async () => {
  await addFiles(stack.root, { "state/runs/r.json": run("r") });
  await mkdir(join(stack.root, "logs/runs"), { recursive: true });
  inputs = stack.inputs({ root: relative(process.cwd(), stack.root) }) as PassInputs;
});

const imported = async () => (await BulkPass.create(inputs)).outs as PassInputs & ImportResults;
const changes = async (olds: object, news: object) =>
  (await BulkPass.diff("id", olds, news)).changes;

it("an import's outputs are its counts, and its id holds no secret", async () => {
  expect(await BulkPass.create(inputs)).toMatchObject({
    id: `${inputs.database ?? ""}/import`,
    outs: { applied: true, report: { files: 1, runs: { inserted: 1 } } },
  });
});

it("an import runs again in another cutover and with other settings, not with other files", async () => {
  const outs = await imported();
  await addFiles(inputs.root, { "state/runs/s.json": run("s") });
  expect(await changes(outs, inputs)).toBe(false);
  expect(await changes(outs, { ...inputs, cutover: 2 })).toBe(true);
  expect(await changes(outs, { ...inputs, root: "elsewhere" })).toBe(true);
  expect(await changes(outs, { ...inputs, folders: { runs: "runs" } })).toBe(true);
  expect(await changes(outs, { ...inputs, database: "another" })).toBe(true);
});

it("an import that quarantined records runs again, until none is quarantined", async () => {
  await addFiles(inputs.root, { "state/approvals/r.json": "{}" });
  const outs = await imported();
  expect(outs.report.approvals).toMatchObject({ inserted: 0, quarantined: 1 });
  const quarantine = await readFile(join(inputs.root, "quarantine.ndjson"), "utf8");
  expect(JSON.parse(quarantine)).toMatchObject({ file: "state/approvals/r.json", raw: "{}" });
  // A Job's answer may have no room for the cases.
  const ofJob = { ...outs, report: { ...outs.report, quarantine: [] } };
  for (const one of [outs, ofJob]) expect(await changes(one, inputs)).toBe(true);
  await addFiles(inputs.root, { "state/approvals/r.json": [approval("a")] });
  const fixed = await BulkPass.update("id", outs, inputs);
  expect(fixed.outs).toMatchObject({ report: { approvals: { inserted: 1 } } });
  expect(await changes(fixed.outs as object, inputs)).toBe(false);
});

it("outputs name the first twenty quarantined records and count all", async () => {
  const bad = Array.from({ length: 30 }, (_, at) => logLine(at, { level: "loud" }));
  await addFiles(inputs.root, { "logs/runs/r.ndjson": bad });
  const { report }: ImportResults = await imported();
  expect(report.logs.quarantined).toBe(30);
  expect(report.quarantine).toHaveLength(20);
});

it("a verification that does not hold is unfinished, and says in words what and what to do", async () => {
  await addFiles(inputs.root, {
    "state/runs/s.json": run("s"),
    "logs/runs/r.ndjson": Array.from({ length: 7 }, (_, at) => logLine(at + 1)),
  });
  await BulkPass.create(inputs);
  await stack.db.collection("pack_run_logs").deleteMany({});
  const runs = stack.db.collection<{ _id: string }>("pack_runs");
  await runs.updateOne({ _id: "s" }, { $set: { planHash: "another" } });
  const changed = JSON.stringify(run("s", { planHash: "a third" }));
  await addFiles(inputs.root, { "state/runs/s.json": changed, "state/runs/t.json": "{" });

  const failed = Verification.create(inputs);
  await expect(failed).rejects.toMatchObject({
    id: `${inputs.database ?? ""}/verification`,
    properties: { applied: false, root: inputs.root, report: { holds: false } },
    reasons: [
      expect.stringContaining(`${inputs.root}: 7 of 7 log entries `),
      expect.stringMatching(/: 1 run .*: s \(planHash\)\.$/),
      expect.stringMatching(/: 1 record .*: state\/runs\/t\.json \(.+\)\. /),
    ],
  });
});

it("a verification holds without records that nobody can fix, if their list is accepted", async () => {
  const log = lines(logLine(1)) + "{\n" + lines(logLine(3));
  const files = { "logs/runs/r.ndjson": log, "state/approvals/r.json": "[1]" };
  await addFiles(inputs.root, files);
  await BulkPass.create(inputs);
  await stack.db.collection("pack_run_logs").updateOne({ sequence: 3 }, { $set: { message: "x" } });
  const error: unknown = await Verification.create(inputs).catch((one: unknown) => one);
  const { reasons, properties } = error as { reasons: string[]; properties: object };
  const [, acceptQuarantined] = /acceptQuarantined: "(\w{16})"/.exec(reasons.at(-1) ?? "") ?? [];
  expect(acceptQuarantined).toBeDefined();

  const accepted = { ...inputs, acceptQuarantined };
  const printed = vi.spyOn(console, "log").mockImplementation(() => undefined);
  await Verification.diff("id", properties, inputs);
  expect(printed).toHaveBeenCalledWith(expect.stringContaining(`"${acceptQuarantined ?? ""}"`));
  printed.mockClear();
  expect(await Verification.diff("id", properties, accepted)).toEqual({ changes: true });
  expect(printed).not.toHaveBeenCalled();

  const verified = await Verification.update("id", properties, accepted);
  expect(verified.outs).toMatchObject({
    applied: true,
    report: { holds: true, logs: { quarantined: 1, differing: 1 } },
  });
  const imported = (await BulkPass.create(accepted)).outs as object;
  expect(await changes(imported, accepted)).toBe(false);
  expect(await changes(imported, inputs)).toBe(true);

  await addFiles(inputs.root, { "logs/runs/r.ndjson": log + "{\n" });
  await expect(Verification.create(accepted)).rejects.toThrow("acceptQuarantined");
  await addFiles(inputs.root, { ...files, "state/runs/s.json": run("s") });
  await expect(Verification.create(accepted)).rejects.toThrow("not in MongoDB: s");
});

it("a bulk pass fails before its import if cutover.json cannot be written", async () => {
  const end = refuseWrites("cutover.json");
  const failed: unknown = await BulkPass.create(inputs).catch((error: unknown) => error);
  expect(failed).toMatchObject({
    name: "WriteError",
    message: expect.stringMatching(/cutover\.json failed: EROFS\./) as string,
  });
  end();
  expect((await BulkPass.create(inputs)).outs).toMatchObject({
    applied: true,
    report: { runs: { inserted: 1, unchanged: 0 } },
  });
});

it("on a rollback neither connects, if no cutover was recorded", async () => {
  for (const provider of [BulkPass, Verification]) {
    const unreachable = { ...inputs, direction: "back", uri: "mongodb://127.0.0.1:1" };
    const outs = (await provider.create(unreachable)).outs as object;
    expect(outs).toMatchObject({ applied: provider === BulkPass ? true : null });
    expect(await provider.diff("id", outs, unreachable)).toEqual({ changes: false });
  }
});

it("a bulk pass runs again when the gate before the drain opens, and once", async () => {
  const closed = { ...inputs, gate: "closed" } as const;
  const prepared = (await BulkPass.create(closed)).outs as object;
  expect(prepared).toMatchObject({ importedAt: expect.stringMatching(/^20.*Z$/) as string });
  expect(await changes(prepared, closed)).toBe(false);
  const open = { ...inputs, gate: "open" } as const;
  expect(await changes(prepared, open)).toBe(true);
  expect(await changes(prepared, inputs)).toBe(true);
  expect(await changes({ ...prepared, ...open }, open)).toBe(false);
});

it("a bulk pass that fails behind an open gate says that the next update drains", async () => {
  await addFiles(inputs.root, { "state/runs/broken.json": "{" });
  const failing = BulkPass.create({ ...inputs, gate: "open" });
  await expect(failing).rejects.toMatchObject({
    reasons: expect.arrayContaining([
      expect.stringMatching(/^rollout\.drain: 1 stays good: the next pulumi up drains/),
    ]) as unknown,
  });
});
