import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { defaultFolders } from "../../components/contract";
import { providers } from "../../components/transfer/provider";
import type { BulkPassResults, PassInputs, PassResults } from "../../components/transfer";
import { readCutoverRecord } from "../../components/state";
import { documentOptions } from "../contract/options";
import { type JobCluster, startJobCluster } from "../jobs/cluster";
import { serverForTests } from "../server";
import { ledgerCollection, migrate } from "./database";
import { addFiles, run } from "./state";

vi.setConfig({ testTimeout: 120_000 });

const current = serverForTests();
const { BulkPass, Handover, FinalPass, FirstVerification, Verification } = providers;
let cluster: JobCluster;
let namespaces = 0;
let root: string;
let inputs: PassInputs;

beforeAll(async () => {
  cluster = await startJobCluster(current.folder);
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  const namespace = `state-${++namespaces}`;
  root = join(current.folder, namespace);
  await cluster.prepare(namespace, `${current.server.uri}/${namespace}`, root);
  await migrate(current.client.db(namespace));
  await mkdir(join(root, "logs/runs"), { recursive: true });
  await addFiles(root, {
    "state/runs/r.json": run("r"),
    "state/runs/s.json": run("s"),
  });
  inputs = {
    database: namespace,
    direction: "forward",
    cutover: 1,
    root: "claim state",
    collections: documentOptions.collections,
    folders: { ...defaultFolders, approvals: "decisions" },
    approvals: true,
    ledger: ledgerCollection,
    electionSeconds: 5,
    job: cluster.target(namespace),
  };
});

const jobs = (namespace: string) =>
  cluster.kubectl("get", "jobs", `--namespace=${namespace}`, "--output=name");

it("quarantined records are a result, not a failure, and are tried again", async () => {
  await addFiles(root, { "decisions/r.json": "{" });
  const done = await BulkPass.create(inputs);
  expect(await readFile(join(root, "quarantine.ndjson"), "utf8")).toContain("decisions/r.json");
  expect(done.outs).toMatchObject({
    applied: true,
    report: {
      files: 3,
      runs: { inserted: 2 },
      approvals: { quarantined: 1 },
      quarantine: [{ file: "decisions/r.json" }],
    },
  });
  expect((await BulkPass.diff("id", done.outs as object, inputs)).changes).toBe(true);
});

it("a quarantined unfinished run stops the cutover, and its Job ends well", async () => {
  await addFiles(root, { "state/runs/t.json": "{" });
  await expect(BulkPass.create(inputs)).rejects.toMatchObject({
    properties: { applied: false, report: { runs: { inserted: 2, quarantined: 1 } } },
    reasons: [expect.stringMatching(/claim state: 1 run .*: state\/runs\/t\.json/)],
  });
  const [job = ""] = (await jobs(inputs.database ?? "")).split("\n");
  expect(
    await cluster.kubectl(
      "get",
      job,
      `--namespace=${inputs.database ?? ""}`,
      "--output=jsonpath={.status.succeeded}",
    ),
  ).toBe("1");
});

it("a verification that does not hold says why, and the next import reads every file", async () => {
  await BulkPass.create(inputs);
  const runs = current.client.db(inputs.database).collection<{ _id: string }>("pack_runs");
  await runs.deleteOne({ _id: "s" });
  await expect(Verification.create(inputs)).rejects.toMatchObject({
    properties: { applied: false, report: { holds: false } },
    reasons: [expect.stringMatching(/claim state: 1 of 2 runs .*: s\. /)],
  });
  expect((await BulkPass.create(inputs)).outs).toMatchObject({
    report: { runs: { inserted: 1, unchanged: 1 } },
  });
  expect((await Verification.create(inputs)).outs).toMatchObject({ report: { holds: true } });
});

it("a first verification that does not hold says why, and the Job of the next one compares every file", async () => {
  const { importedAt } = (await BulkPass.create(inputs)).outs as BulkPassResults;
  const runs = current.client.db(inputs.database).collection<{ _id: string }>("pack_runs");
  await runs.deleteOne({ _id: "s" });
  const asked = { ...inputs, importedAt };
  await expect(FirstVerification.create(asked)).rejects.toMatchObject({
    properties: { applied: false },
    reasons: [expect.stringMatching(/claim state: 1 of 2 runs .*: s\. /)],
  });
  expect((await FirstVerification.create(asked)).outs).toMatchObject({
    report: {
      runs: { read: 2, inserted: 0, unchanged: 2 },
      firstVerification: { verifiedFiles: 2 },
    },
  });
  expect(await runs.findOne({ _id: "s" })).not.toBeNull();
  expect(await jobs(inputs.database ?? "")).toMatch(/taskrunner-first-verification-/);
});

it("a Job that fails leaves an unfinished step, and a rollback exports nothing without a cutover", async () => {
  const namespace = inputs.database ?? "";
  const job = cluster.target(namespace, { image: "none", timeoutSeconds: 3 });
  const failed: unknown = await BulkPass.create({ ...inputs, job }).catch(
    (error: unknown) => error,
  );
  expect(failed).toMatchObject({
    id: `${namespace}/import`,
    properties: { applied: false },
    reasons: [
      expect.stringContaining("no running pod for 3 s"),
      expect.stringMatching(/Pending, ErrImagePull, .*"none"/),
    ],
  });
  const { properties } = failed as { properties: object };
  await vi.waitFor(async () => {
    expect(await jobs(namespace)).toBe("");
  }, 20_000);
  const back = { ...inputs, direction: "back" };
  expect((await BulkPass.update("id", properties, back)).outs).toEqual({
    ...back,
    report: null,
    exported: null,
    importedAt: null,
    applied: true,
  });
});

it("a handover records the cutover in its Job, and on a rollback exports and ends it", async () => {
  const first = (await Handover.create(inputs)).outs as PassInputs & PassResults;
  expect(first).toMatchObject({ applied: true, report: { runs: { inserted: 2 } } });
  expect(await readCutoverRecord(root)).toMatchObject({ ...first.cutoverRecord });
  const runs = current.client.db(inputs.database).collection<{ _id: string }>("pack_runs");
  await runs.updateOne({ _id: "s" }, { $set: { planHash: "by MongoDB" } });

  const back = { ...inputs, direction: "back" as const };
  expect((await Handover.update("id", first, back)).outs).toMatchObject({
    cutoverRecord: first.cutoverRecord,
    rollback: { exported: { runs: { written: 1 } }, held: { count: 0 } },
  });
  expect(await readCutoverRecord(root)).toHaveProperty("endedAt");
});

it("a web on files after the final pass gets another one, and a rollback leaves its files", async () => {
  const { cutoverRecord } = (await Handover.create(inputs)).outs as PassResults;
  const asked = { ...inputs, cutoverAt: cutoverRecord?.at };
  const first = (await FinalPass.create(asked)).outs as object;
  const { finalPassAt } = (await readCutoverRecord(root)) ?? {};
  const found = () => new Date().toISOString();

  await addFiles(root, { "state/runs/by-web.json": run("by-web") });
  const again = await FinalPass.update("id", first, { ...asked, webOnFilesAt: found() });
  expect(again.outs).toMatchObject({ report: { runs: { inserted: 1 } } });
  const renewed = (await readCutoverRecord(root))?.finalPassAt ?? "";
  expect(renewed > (finalPassAt ?? "")).toBe(true);

  const back = { ...inputs, direction: "back", webOnFilesAt: found() };
  await BulkPass.update("id", { ...inputs, applied: true }, back);
  expect(await readCutoverRecord(root)).not.toHaveProperty("finalPassAt");
});
