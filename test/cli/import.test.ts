import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { execa } from "execa";
import { beforeEach, expect, it, vi } from "vitest";
import { stringify } from "yaml";
import { describeProgress } from "../../cli/output";
import type { ImportReport, VerificationReport } from "../../components/transfer";
import { generateSample } from "../../tools/sample";
import { emptyDatabasePerTest } from "../server";
import { bundledCommands } from "./bundled";

// Each test starts several processes one after another.
vi.setConfig({ testTimeout: 120_000 });

const current = emptyDatabasePerTest();
let tests = 0;
let state: string;

beforeEach(async () => {
  state = join(current.folder, `state-${++tests}`);
  await generateSample(state, { runs: 12 });
});

const bin = bundledCommands();

async function run(...args: string[]) {
  const env = { TASKRUNNER_MONGO_URI: `${current.server.uri}/${current.db.databaseName}` };
  const options = { env, cwd: current.folder, reject: false } as const;
  const { stdout, stderr, exitCode } = await execa("node", [bin, ...args], options);
  return { stdout, stderr, exitCode };
}

const connecting = () => `Connecting to 127.0.0.1:${current.server.port}`;
const breakOne = () => writeFile(join(state, "state/runs/broken.json"), '{"runId":"broken"}');

it("import imports all, verify holds, and a second import changes nothing", async () => {
  const first = await run("import", "--state", state);
  expect(first).toMatchObject({ exitCode: 0, stderr: connecting() });
  expect(first.stdout).toContain(`Import of ${state}: all in`);
  expect(first.stdout).toMatch(
    /^ +read {2}inserted {2}updated {2}unchanged {2}removed {2}quarantined\nruns/m,
  );
  expect(first.stdout).toMatch(/^runs +12 +12 +0 +0 +0 +0$/m);
  expect(await run("verify", "--state", state)).toMatchObject({ exitCode: 0 });
  expect((await run("import", "--state", state)).stdout).toMatch(/^runs +12 +0 +0 +12 +0 +0$/m);
});

it("import, verify and export work on the folders that the settings name", async () => {
  await rename(join(state, "logs/runs"), join(state, "run-logs"));
  const file = join(current.folder, "Pulumi.folders.yaml");
  const backfill = { source: { path: state, folders: { logs: "run-logs" } } };
  await writeFile(file, stringify({ config: { "taskrunner-storage:backfill": backfill } }));
  const { logs } = JSON.parse((await run("import", "--json", "--settings", file)).stdout) as {
    logs: { inserted: number };
  };
  expect(logs.inserted).toBeGreaterThan(0);
  const verified = await run("verify", "--json", "--settings", file);
  expect(JSON.parse(verified.stdout)).toMatchObject({ logs: { equal: logs.inserted } });
  const [name = ""] = await readdir(join(state, "run-logs"));
  const linesIn = async () =>
    (await readFile(join(state, "run-logs", name), "utf8")).split("\n").length;
  const before = await linesIn();
  await rm(join(state, "run-logs", name));
  await run("export", "--all", "--settings", file);
  expect(await linesIn()).toBe(before);
  expect(await readdir(join(state, "logs"))).toEqual([]);
});

it("a quarantined record is 2, is named, and is in quarantine.ndjson as the file has it", async () => {
  await breakOne();
  const { exitCode, stdout } = await run("import", "--state", state);
  expect(exitCode).toBe(2);
  expect(stdout).toContain("Quarantined, all of them in quarantine.ndjson:");
  expect(stdout).toContain("state/runs/broken.json: planHash");
  const [line = ""] = (await readFile(join(current.folder, "quarantine.ndjson"), "utf8")).split(
    "\n",
  );
  expect(JSON.parse(line)).toMatchObject({ reason: "contract", raw: '{"runId":"broken"}' });

  const verified = await run("verify", "--state", state);
  expect(verified.exitCode).toBe(2);
  expect(verified.stdout).toContain("does not hold");
});

it("import --json is one value whose counts add up", async () => {
  await breakOne();
  const { stdout } = await run("import", "--state", state, "--json");
  const { runs, logs, quarantine } = JSON.parse(stdout) as ImportReport;
  expect(runs).toMatchObject({ read: 13, inserted: 12, quarantined: 1 });
  expect(logs.read).toBe(logs.inserted);
  expect(quarantine).toMatchObject([{ file: "state/runs/broken.json", reason: "contract" }]);
});

it("a dry run says what would be done and writes nothing", async () => {
  const { stdout, exitCode } = await run("import", "--state", state, "--dry-run");
  expect(exitCode).toBe(0);
  expect(stdout).toContain("(dry run: nothing was written)");
  expect(stdout).toMatch(/^runs +12 +12 /m);
  expect(await current.db.listCollections().toArray()).toEqual([]);
});

it("export writes what changed in MongoDB, and says 2 where a file changed too", async () => {
  await run("import", "--state", state);
  const runs = current.db.collection<{ _id: string }>("pack_runs");
  await runs.updateMany({ _id: /00000[12]/ }, { $set: { planHash: "by MongoDB" } });

  const exported = await run("export", "--state", state);
  expect(exported.stdout).toContain(`Export to ${state}: done`);
  expect(exported).toMatchObject({ exitCode: 0, stderr: connecting() });
  const file = join(state, "state/runs/run-20251106-000001.json");
  const text = await readFile(file, "utf8");
  expect(text).toContain('"planHash": "by MongoDB"');

  await runs.updateOne({ _id: /000001/ }, { $set: { planHash: "again" } });
  await writeFile(file, text.replace("by MongoDB", "by file"));
  const second = await run("export", "--state", state, "--all");
  expect(second.exitCode).toBe(2);
  expect(second.stdout).toContain("see conflicts/state/runs/run-20251106-000001.json");
});

it("what is newer in MongoDB is no difference", async () => {
  await run("import", "--state", state);
  const runs = current.db.collection<{ _id: string }>("pack_runs");
  await runs.updateOne({ _id: /000001/ }, { $set: { planHash: "x" } });
  await runs.insertOne({ _id: "by-mongo" });
  const { exitCode, stdout } = await run("verify", "--state", state);
  expect(exitCode).toBe(0);
  expect(stdout).toContain("every record on disk is in MongoDB");
});

it("verify --json has the differences by id and path", async () => {
  await run("import", "--state", state);
  await current.db
    .collection<{ _id: string }>("pack_runs")
    .updateOne({ _id: /000001/ }, { $set: { planHash: "x" } });
  const file = join(state, "state/runs/run-20251106-000001.json");
  const before = await readFile(file, "utf8");
  await writeFile(file, before.replace(/"tenantId": "[^"]*"/, '"tenantId": "another"'));
  const { stdout, exitCode } = await run("verify", "--state", state, "--json");
  expect(exitCode).toBe(2);
  const report = JSON.parse(stdout) as VerificationReport;
  expect(report.holds).toBe(false);
  expect(report.runs.different).toMatchObject([
    { id: "run-20251106-000001", paths: ["planHash", "tenantId"] },
  ]);
});

it("progress says records, MB and rate", () => {
  const sofar = { records: 12_000, bytes: 5_100_000 };
  expect(describeProgress(sofar, 10)).toBe("12,000 records, 5.1 MB, 1,200 records/s");
  expect(describeProgress({ records: 0, bytes: 5_100_000 }, 2)).toBe("5.1 MB, 2.5 MB/s");
  expect(describeProgress({ records: 30, bytes: 0 }, 3)).toBe("30 records, 10 records/s");
});

it("export brings a run back that was held, as MongoDB has it", async () => {
  await run("import", "--state", state);
  const runs = current.db.collection<{ _id: string }>("pack_runs");
  const { _id } = (await runs.findOne({ _id: /^[\w.-]+$/ })) ?? { _id: "none" };
  const [place, held] = ["state/runs", "held/f/state/runs"].map((part) =>
    join(state, part, `${_id}.json`),
  ) as [string, string];
  await mkdir(dirname(held), { recursive: true });
  await rename(place, held);
  await runs.updateOne({ _id }, { $set: { planHash: "later" } });

  const { exitCode, stdout } = await run("export", "--state", state);
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`Held before, and in their places again:\n  ${_id}`);
  expect(await readFile(place, "utf8")).toMatch(/"planHash": ?"later"/);
  await expect(readFile(held, "utf8")).rejects.toThrow("ENOENT");
});
