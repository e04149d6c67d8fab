import { mkdir, readFile, readdir, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { stringify } from "yaml";
import type { Report } from "../../components/transfer";
import { generateSample } from "../../tools/sample";
import { commandsPerTest } from "./run";

const current = commandsPerTest();
let state: string;

beforeEach(async () => {
  state = join(current.location, "state");
  await generateSample(state, { runs: 4 });
});

/** A command on that state. */
const run = (name: string, ...options: string[]) =>
  current.run([name, "--state", state, ...options]);
const connecting = () => `Connecting to 127.0.0.1:${current.server.port}`;
const runs = () => current.db.collection<{ _id: string }>("pack_runs");

it("import imports all, verify holds, and a second import changes nothing", async () => {
  const first = await run("import");
  expect(first).toMatchObject({ exitCode: 0, stderr: connecting() });
  expect(first.stdout).toContain(`Import of ${state}: all in`);
  expect(first.stdout).toMatch(
    /^ +read {2}inserted {2}updated {2}unchanged {2}removed {2}quarantined\nruns/m,
  );
  expect(first.stdout).toMatch(/^runs +4 +4 +0 +0 +0 +0$/m);
  const verified = await run("verify");
  expect(verified.stdout).toContain("every record on disk is in MongoDB");
  expect(verified.exitCode).toBe(0);
  expect((await run("import")).stdout).toMatch(/^runs +4 +0 +0 +4 +0 +0$/m);
});

it("import, verify and export work on the folders that the settings name", async () => {
  const logs = join(state, "run-logs");
  await rename(join(state, "logs/runs"), logs);
  const file = join(current.location, "Pulumi.folders.yaml");
  const backfill = { source: { path: state, folders: { logs: "run-logs" } } };
  await writeFile(file, stringify({ config: { "taskrunner-storage:backfill": backfill } }));
  const onFolders = (...args: string[]) => current.run([...args, "--settings", file]);
  const imported = JSON.parse((await onFolders("import", "--json")).stdout) as Report<"import">;
  expect(imported.logs.inserted).toBeGreaterThan(0);
  const verified = await onFolders("verify", "--json");
  expect(JSON.parse(verified.stdout)).toMatchObject({ logs: { equal: imported.logs.inserted } });
  const [name = ""] = await readdir(logs);
  await rm(join(logs, name));
  await onFolders("export", "--all", "--json");
  expect(await readdir(logs)).toContain(name);
  expect(await readdir(join(state, "logs"))).toEqual([]);
});

it("a quarantined record is 2, is named, and is in quarantine.ndjson as the file has it", async () => {
  await writeFile(join(state, "state/runs/broken.json"), '{"runId":"broken"}');
  const { exitCode, stdout } = await run("import");
  expect(exitCode).toBe(2);
  expect(stdout).toContain("All quarantined records are in quarantine.ndjson.");
  expect(stdout).toContain("\n  state/runs/broken.json (contract: planHash");
  const [line = ""] = (await readFile(join(current.location, "quarantine.ndjson"), "utf8")).split(
    "\n",
  );
  expect(JSON.parse(line)).toMatchObject({ reason: "contract", raw: '{"runId":"broken"}' });

  const again = await run("import", "--json");
  expect(JSON.parse(again.stdout)).toMatchObject({
    runs: { read: 5, unchanged: 4, quarantined: 1 },
    quarantine: [{ file: "state/runs/broken.json", reason: "contract" }],
  });
  const verified = await run("verify");
  expect(verified.exitCode).toBe(2);
  expect(verified.stdout).toContain("does not hold");
});

it("a dry run says what would be done and writes nothing", async () => {
  const { stdout, exitCode } = await run("import", "--dry-run");
  expect(exitCode).toBe(0);
  expect(stdout).toContain("(dry run: nothing was written)");
  expect(stdout).toMatch(/^runs +4 +4 /m);
  expect(await current.db.listCollections().toArray()).toEqual([]);
});

it("a final pass leaves runs as MongoDB has them", async () => {
  await run("import");
  const file = join(state, "state/runs/run-20251106-000001.json");
  const text = await readFile(file, "utf8");
  await writeFile(file, text.replace(/"planHash": *"[^"]*"/, '"planHash": "by file"'));
  await run("import", "--cutover-pass", "final");
  expect(await runs().countDocuments({ planHash: "by file" })).toBe(0);
  await run("import");
  expect(await runs().countDocuments({ planHash: "by file" })).toBe(1);
});

it("export writes what changed in MongoDB, and says 2 where a file changed too", async () => {
  await run("import");
  await runs().updateMany({ _id: /00000[12]/ }, { $set: { planHash: "by MongoDB" } });

  const exported = await run("export");
  expect(exported.stdout).toContain(`Export to ${state}: done`);
  expect(exported).toMatchObject({ exitCode: 0, stderr: connecting() });
  const file = join(state, "state/runs/run-20251106-000001.json");
  const text = await readFile(file, "utf8");
  expect(text).toContain('"planHash": "by MongoDB"');

  await runs().updateOne({ _id: /000001/ }, { $set: { planHash: "again" } });
  await writeFile(file, text.replace("by MongoDB", "by file"));
  const second = await run("export", "--all");
  expect(second.exitCode).toBe(2);
  expect(second.stdout).toContain("see conflicts/state/runs/run-20251106-000001.json");
});

it("export names a run that was held and is in its place again", async () => {
  await run("import");
  const name = "run-20251106-000001";
  const held = join(state, `held/f/state/runs/${name}.json`);
  await mkdir(dirname(held), { recursive: true });
  await rename(join(state, `state/runs/${name}.json`), held);
  await runs().updateOne({ _id: name }, { $set: { planHash: "later" } });

  const { exitCode, stdout } = await run("export");
  expect(exitCode).toBe(0);
  expect(stdout).toContain(`Held before, and back in their folders:\n  ${name}`);
});
