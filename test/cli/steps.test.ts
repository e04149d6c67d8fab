import { mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { defaultFolders } from "../../components/contract";
import { readCutoverRecord } from "../../components/state";
import { formatAnswer, parseAnswer } from "../../components/step";
import { recordCutover, importState } from "../../components/transfer";
import { version } from "../../package.json";
import { defaultSides, ledgerCollection, migrate } from "../transfer/database";
import { addFiles, run as runOf } from "../transfer/state";
import { documentOptions } from "../contract/options";
import { commandsPerTest, type Variables } from "./run";

const current = commandsPerTest();
const { run } = current;
const away = { TASKRUNNER_MONGO_URI: "mongodb://127.0.0.1:1/none" };
let state: string;

/** One run that has steps to execute. */
beforeEach(async () => {
  state = join(current.location, "state");
  await addFiles(state, { "state/runs/r.json": JSON.stringify(runOf("r", { steps: [] })) });
});

/** `step KIND` with the inputs of a Job's request, and its answer. */
async function step(kind: string, inputs: object, own: object = {}, more: Variables = {}) {
  const file = join(current.location, "request.json");
  await writeFile(file, JSON.stringify({ version, pods: 1, inputs, ...own }));
  const message = join(current.location, "termination-message");
  await rm(message, { force: true });
  // A pod has a process of its own: what other tests told in this one is no part of its answer.
  formatAnswer({});
  const done = await run(["step", kind, "--request", file, "--answer", message], more);
  return { ...done, answer: parseAnswer(await readFile(message, "utf8"))?.answer };
}

const sides = () => ({
  direction: "forward",
  cutover: 1,
  stack: "storage/dev",
  root: state,
  collections: documentOptions.collections,
  folders: defaultFolders,
  approvals: true,
  ledger: ledgerCollection,
  electionSeconds: 1,
});

/** A cutover, recorded. */
async function cutOver() {
  await migrate(current.db);
  const sides = defaultSides(current.db, state);
  const { unfinishedRuns: unfinishedCount } = await importState(sides);
  return (
    await recordCutover({
      ...sides,
      ledger: ledgerCollection,
      stack: "storage/dev",
      cutover: 1,
      unfinishedCount,
    })
  ).cutoverRecord;
}

it("step sets and lifts the expiry of log entries", async () => {
  await run(["apply"]);
  const expiry = async () => {
    const indexes = await current.db.collection("pack_run_logs").indexes();
    return indexes.flatMap(({ expireAfterSeconds }) => expireAfterSeconds ?? []);
  };
  const logs = { direction: "forward", collection: "pack_run_logs", ledger: ledgerCollection };
  expect(await step("log-retention", { ...logs, days: 10_000 })).toMatchObject({
    answer: { results: {} },
  });
  expect(await expiry()).toEqual([864_000_000]);
  expect(await step("suspend-log-ttl", { ...logs, days: 0 })).toMatchObject({
    exitCode: 0,
    stderr: "",
  });
  expect(await expiry()).toEqual([2_147_483_647]);
});

it("step records a cutover, which status shows, and on a rollback holds without MongoDB", async () => {
  await run(["apply"]);
  const first = await step("handover", sides());
  const cutoverRecord = await readCutoverRecord(state);
  expect(first).toMatchObject({
    stdout: expect.stringContaining(` since ${cutoverRecord?.at}. `) as string,
    answer: {
      results: { cutoverRecord: { at: cutoverRecord?.at }, report: { runs: { inserted: 1 } } },
      lines: expect.arrayContaining([
        expect.stringContaining(` since ${cutoverRecord?.at}. `),
      ]) as string[],
    },
  });
  expect((await run(["status"])).stdout).toContain(`cutover    ${cutoverRecord?.at}\n`);
  const status = JSON.parse((await run(["status", "--json"])).stdout) as object;
  expect(status).toMatchObject({ record: { cutoverAt: cutoverRecord?.at } });

  const back = { ...sides(), direction: "back" };
  const known = { state: { direction: "forward", cutoverRecord } };
  expect(await step("handover", back, known, away)).toMatchObject({
    answer: { results: { cutoverRecord, rollback: { held: { cases: ["r"] } } } },
  });
  const [folder = ""] = await readdir(join(state, "held"));
  expect(await readdir(join(state, "held", folder, "state/runs"))).toEqual(["r.json"]);

  const exported = await run(["export", "--state", state]);
  expect(exported.exitCode, exported.stderr).toBe(0);
  expect((await run(["status"])).stdout).toContain(
    `cutover    ${cutoverRecord?.at}, rolled back 20`,
  );
});

it("step answers why it is unfinished with 0, and fails with 1 for what it cannot be asked", async () => {
  await run(["apply"]);
  const verified = await step("verification", sides());
  expect(verified).toMatchObject({
    exitCode: 0,
    answer: {
      unfinished: {
        reasons: [expect.stringMatching(/1 of 1 run .*not in MongoDB: r\b/) as string],
        results: { report: { holds: false } },
      },
    },
  });
  const unknown = await step("nothing", {});
  expect(unknown.exitCode).toBe(1);
  expect(unknown.stderr).toMatch(
    /There is no step nothing\. The steps are .*bulk-pass, first-verification, handover/,
  );
  const other = await step("handover", sides(), { version: "0.0.0" });
  expect(other).toMatchObject({ exitCode: 1, stdout: "" });
  expect(other.stderr).toContain("version 0.0.0");
  expect(other.answer).toMatchObject({ failed: [expect.stringContaining("version 0.0.0")] });
});

it("export --hold-unfinished is the rollback by hand: it exports, ends the cutover, and holds nothing later", async () => {
  const cutoverRecord = await cutOver();
  const runs = current.db.collection<{ _id: string }>("pack_runs");
  await runs.updateOne({ _id: "r" }, { $set: { planHash: "by MongoDB" } });
  const back = ["export", "--state", state, "--hold-unfinished"];
  const done = await run([...back, "--json"]);
  expect(done).toMatchObject({
    exitCode: 0,
    stderr: expect.not.stringContaining("warning") as string,
  });
  expect(JSON.parse(done.stdout)).toMatchObject({
    exported: { runs: { written: 1 } },
    held: { count: 0 },
  });
  expect(await readCutoverRecord(state)).toMatchObject({
    at: cutoverRecord.at,
    endedAt: expect.any(String) as string,
  });
  const later = await run([...back, "--json", "--settings", await brief()], away);
  expect(JSON.parse(later.stdout)).toMatchObject({ held: { count: 0 } });
});

it("export --hold-unfinished holds what is unfinished without MongoDB, and says so", async () => {
  await cutOver();
  const back = ["export", "--state", state, "--hold-unfinished", "--settings", await brief()];
  const { exitCode, stdout } = await run(back, away);
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/^warning: .* \[not-exported\]$/m);
  expect(stdout).toMatch(/^warning: 1 run .*\/held, .*: r\. .* \[runs-held\]$/m);
  // A MongoDB that has the cutover and not the run.
  await current.db.collection("pack_runs").deleteMany({});
  const kept = await run(["export", "--state", state]);
  expect(kept).toMatchObject({ exitCode: 2 });
  expect(kept.stdout).toMatch(/^warning: 1 run held .* \[runs-held\]:\n {2}r$/m);
});

it("export --all creates a lost state directory again, with the cutover that each rollback needs", async () => {
  const { at } = await cutOver();
  await rm(state, { recursive: true });
  await mkdir(join(state, "state/runs"), { recursive: true });
  const back = ["export", "--state", state, "--hold-unfinished"];
  const refused = await run(back);
  expect(refused).toMatchObject({ exitCode: 1, stdout: "" });
  expect(refused.stderr).toMatch(new RegExp(`no cutover\\.json, .*${at}`));
  expect(refused.stderr).toContain(`taskrunner-storage export --all --state ${state}`);

  const plain = await run(["export", "--state", state]);
  expect(plain).toMatchObject({ exitCode: 1, stdout: "" });
  expect(plain.stderr).toContain("no cutover.json, ");
  expect(await run(["export", "--state", state, "--all"])).toMatchObject({ exitCode: 0 });
  expect(await readCutoverRecord(state)).toMatchObject({ at, unfinishedCount: 0 });
  expect(await run(back)).toMatchObject({ exitCode: 0 });
  const { endedAt } = (await readCutoverRecord(state)) ?? {};
  expect(endedAt).toBeDefined();
  await run(["export", "--state", state, "--all"]);
  expect(await readCutoverRecord(state)).toMatchObject({ at, endedAt });
});

it("export --hold-unfinished finds no cutover where the ledger was renamed since", async () => {
  await cutOver();
  const file = join(current.location, "renamed.yaml");
  await writeFile(file, 'config: { "x:advanced": { ledger: renamed } }\n');
  await run(["apply", "--settings", file]);
  const back = ["export", "--state", state, "--hold-unfinished"];
  const unknown = await run([...back, "--settings", file]);
  expect(unknown).toMatchObject({ exitCode: 1 });
  expect(unknown.stderr).toMatch(/no record of that cutover\. .*advanced\.ledger/);
  expect(await run(back)).toMatchObject({ exitCode: 0 });
});

/** Settings with which nobody waits long for an election. */
async function brief(): Promise<string> {
  const file = join(current.location, "brief.yaml");
  await writeFile(file, 'config: { "x:advanced": { electionSeconds: 1 } }\n');
  return file;
}
