import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { providers, type ImportInputs } from "../../components/backfill/provider";
import { documentOptions } from "../contract/options";
import { startJobCluster, type JobCluster } from "../jobs/cluster";
import { serverForTests } from "../server";
import { migrate } from "./database";
import { layout } from "./layout";
import { addFiles, run } from "./state";

vi.setConfig({ testTimeout: 120_000, hookTimeout: 120_000 });

const current = serverForTests();
const { Import, Verification } = providers;
let cluster: JobCluster;
let namespaces = 0;
let root: string;
let inputs: ImportInputs;

const inMode = async (mode: "mongo" | "filesystem") => {
  const config = { get: () => mode, require: () => mode };
  for (const provider of [Import, Verification]) await provider.configure({ config });
};

beforeAll(async () => {
  cluster = await startJobCluster(current.folder);
});
afterAll(() => cluster.stop());
beforeEach(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  await inMode("mongo");
  const namespace = `state-${++namespaces}`;
  root = join(current.folder, namespace);
  await cluster.prepare(namespace, `${current.server.uri}/${namespace}`, root);
  await migrate(current.client.db(namespace));
  await addFiles(root, {
    "state/runs/r.json": JSON.stringify(run("r")),
    "state/runs/s.json": JSON.stringify(run("s")),
  });
  inputs = {
    ...{ database: namespace, mode: "mongo", cutover: 1, root: "claim state", layout },
    ...{ collections: documentOptions.collections, approvals: true },
    ...{ checkpoints: "pack_run_backfill", stage: "backfill" },
    job: cluster.target(namespace),
  };
});

const jobs = (namespace: string) =>
  cluster.kubectl("get", "jobs", `--namespace=${namespace}`, "--output=name");

it("records that are left out are a result, not a failure, and are tried again", async () => {
  await addFiles(root, { "state/runs/t.json": "{" });
  const done = await Import.create(inputs);
  await rm("/tmp/quarantine.ndjson");
  expect(done.outs).toMatchObject({
    applied: true,
    report: {
      ...{ files: 3, runs: { inserted: 2, quarantined: 1 } },
      quarantine: [{ file: "state/runs/t.json" }],
    },
  });
  expect((await Import.diff("id", done.outs as object, inputs)).changes).toBe(true);
});

it("a verification that does not hold says why, and the next import reads every file", async () => {
  await Import.create(inputs);
  const runs = current.client.db(inputs.database).collection<{ _id: string }>("pack_runs");
  await runs.deleteOne({ _id: "s" });
  await expect(Verification.create(inputs)).rejects.toMatchObject({
    ...{ name: "UnfinishedStep", properties: { applied: false, report: { holds: false } } },
    reasons: [
      expect.stringMatching(
        /^Verification of claim state: 1 of 2 runs on disk is not in MongoDB: s\./,
      ),
    ],
  });
  expect((await Import.create({ ...inputs, stage: "final" })).outs).toMatchObject({
    report: { runs: { inserted: 1, unchanged: 1 } },
  });
  expect((await Verification.create(inputs)).outs).toMatchObject({ report: { holds: true } });
});

it("a Job that fails leaves an unfinished step, which the way back leaves alone", async () => {
  const namespace = inputs.database ?? "";
  const job = cluster.target(namespace, { image: "none", timeoutSeconds: 3 });
  const failed: unknown = await Import.create({ ...inputs, job }).catch((error: unknown) => error);
  expect(failed).toMatchObject({
    ...{ name: "UnfinishedStep", id: `${namespace}/import`, properties: { applied: false } },
    reasons: [
      expect.stringContaining("no pod that runs for 3 s"),
      expect.stringContaining("the image none of container taskrunner-storage cannot be had"),
    ],
  });
  await inMode("filesystem");
  const { properties } = failed as { properties: object };
  expect(await Import.update("id", properties, inputs)).toEqual({ outs: properties });
  await vi.waitFor(async () => {
    expect(await jobs(namespace)).toBe("");
  }, 20_000);
});
