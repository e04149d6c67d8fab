import fs from "node:fs";
import { appendFile, readFile, stat, truncate, utimes, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished, vi } from "vitest";
import { importPasses, importState, verifyState } from "../../components/transfer";
import { Checkpoints } from "../../components/transfer/checkpoints";
import { importCounts } from "./counts";
import { databasePerTest, readEverything, sidesOf } from "./database";
import {
  addFiles,
  age,
  approval,
  artifact,
  lines,
  logLine,
  oldState,
  run,
  twoRuns,
  writeState,
} from "./state";

const current = databasePerTest();
const { sides } = sidesOf(current);
const log = "logs/runs/r.ndjson";

/** A database's state with the checkpoints, by which a write shows. */
async function allWritten() {
  const own = current.db.collection("pack_run_backfill").find().sort({ _id: 1 }).toArray();
  return [...(await readEverything(current.db)), ...(await own)];
}

it("a second import of unchanged files reads none of them and writes nothing", async () => {
  const root = await oldState(twoRuns);
  const first = await importState(sides(root));
  const before = await allWritten();
  expect(await importState(sides(root))).toMatchObject({
    files: first.files,
    unchangedFiles: first.files,
    bytes: 0,
    logs: importCounts(302, { unchanged: 302 }),
  });
  expect(await allWritten()).toEqual(before);
});

it("a file that was just written is hashed again, and not read again where it is the same", async () => {
  const root = await writeState({ "state/runs/r.json": run("r") });
  await importState(sides(root));
  const path = join(root, "state/runs/r.json");
  const { mtime } = await stat(path);
  expect(await importState(sides(root))).toMatchObject({ unchangedFiles: 1, bytes: 0 });

  await writeFile(path, (await readFile(path, "utf8")).replace("sha256:1", "sha256:2"));
  await utimes(path, mtime, mtime);
  expect(await importState(sides(root))).toMatchObject({ runs: importCounts(1, { updated: 1 }) });
});

it("a file that was written again with its length and its date is imported again", async () => {
  const root = await oldState({ "state/runs/r.json": run("r") });
  // A younger file is hashed, whatever its attributes are.
  await sleep(2_100);
  await importState(sides(root));
  const path = join(root, "state/runs/r.json");
  const { mtime } = await stat(path);
  await writeFile(path, JSON.stringify(run("r", { planHash: "sha256:2" })));
  await utimes(path, mtime, mtime);
  expect(await importState(sides(root))).toMatchObject({ runs: importCounts(1, { updated: 1 }) });
});

it.each(importPasses)(
  "a run whose size and time are as before is found changed: %s",
  async (pass) => {
    const name = "state/runs/r.json";
    const root = await oldState({ [name]: run("r") });
    await importState(sides(root));
    const { mtime } = await stat(join(root, name));
    await addFiles(root, { [name]: run("r", { planHash: "sha256:2" }) });
    await utimes(join(root, name), mtime, mtime);
    // The final pass changes no run.
    const outcome = pass === "final" ? { quarantined: 1 } : { updated: 1 };
    expect((await importState({ ...sides(root), pass })).runs).toEqual(importCounts(1, outcome));
  },
);

it("an appended log goes on where the last import stopped", async () => {
  const start = lines(...Array.from({ length: 2_000 }, (_, at) => logLine(at)));
  const root = await oldState({ [log]: start });
  await importState(sides(root));
  await appendFile(join(root, log), lines(logLine(2_000)));
  expect(await importState(sides(root))).toMatchObject({
    bytes: lines(logLine(2_000)).length,
    logs: importCounts(2_001, { inserted: 1, unchanged: 2_000 }),
  });
  expect(await verifyState(sides(root))).toMatchObject({ holds: true, logs: { equal: 2_001 } });
});

it("a log that was replaced or truncated is noticed and read again", async () => {
  const root = await oldState({ [log]: [logLine(1), logLine(2)] });
  await importState(sides(root));
  await addFiles(root, { [log]: [logLine(1), logLine(5), logLine(6)] });
  expect(await importState(sides(root))).toMatchObject({
    logs: importCounts(3, { inserted: 2, unchanged: 1 }),
  });
  await truncate(join(root, log), lines(logLine(1)).length);
  expect(await importState(sides(root))).toMatchObject({
    bytes: lines(logLine(1)).length,
    logs: importCounts(1, { unchanged: 1 }),
  });
});

it("an unended last line is left for the next import, which takes it when it is whole", async () => {
  const second = lines(logLine(2));
  const root = await oldState({ [log]: lines(logLine(1)) + second.slice(0, 20) });
  for (let time = 1; time <= 2; time += 1) {
    expect(await importState(sides(root))).toMatchObject({
      logs: { read: 1, quarantined: 0 },
      incomplete: {
        count: 1,
        cases: [{ file: log, line: 2, offset: lines(logLine(1)).length }],
      },
    });
  }
  await appendFile(join(root, log), second.slice(20));
  expect(await importState(sides(root))).toMatchObject({
    logs: importCounts(2, { inserted: 1, unchanged: 1 }),
    incomplete: { count: 0 },
  });
});

it("a whole last line without an end counts once, however often it is imported", async () => {
  const text = lines(logLine(1, { level: "WARN" }), logLine(2, { level: "WARN" }));
  const root = await oldState({ [log]: text.trimEnd() });
  const counted = importCounts(2, { unchanged: 2 });
  expect((await importState(sides(root))).logs).toMatchObject({ read: 2, inserted: 2 });
  for (let time = 1; time <= 2; time += 1) {
    expect((await importState(sides(root))).logs).toEqual(counted);
  }
  await appendFile(join(root, log), "\n");
  for (let time = 1; time <= 2; time += 1) {
    expect((await importState(sides(root))).logs).toEqual(counted);
  }
});

it.each([0, 10_000])(
  "what came before its run's file goes to the run when that one says its id: %i ms after it changed",
  async (ms) => {
    const now = Date.now.bind(Date);
    const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + ms);
    onTestFinished(() => {
      clock.mockRestore();
    });
    const approvals = "state/approvals/a_b.json";
    const manifest = "artifacts/a_b/artifact-manifest.json";
    const root = await oldState({
      "logs/runs/a_b.ndjson": [logLine(1)],
      [approvals]: [approval("gate")],
      [manifest]: { outputs: [artifact("a")] },
    });
    await addFiles(root, { "state/runs/a_b.json": JSON.stringify(run("a/b")).slice(0, 5) });
    // No service is just writing it, so that nothing waits for one.
    await age(root, "state/runs/a_b.json");
    await importState(sides(root));
    await addFiles(root, { "state/runs/a_b.json": run("a/b") });
    const inserted = importCounts(1, { inserted: 1 });
    expect(await importState({ ...sides(root), pass: "delta" })).toMatchObject({
      runs: inserted,
      logs: inserted,
      approvals: inserted,
      artifacts: inserted,
    });
    expect(await verifyState(sides(root))).toMatchObject({ holds: true });

    // A run's file that goes, or is being written, says nothing.
    await addFiles(root, { "state/runs/a_b.json": "" });
    await age(root, "state/runs/a_b.json");
    expect(await importState(sides(root))).toMatchObject({
      logs: importCounts(1, { unchanged: 1 }),
      approvals: importCounts(1, { unchanged: 1 }),
    });
    await appendFile(join(root, "logs/runs/a_b.ndjson"), lines(logLine(2)));
    expect((await importState(sides(root))).logs).toEqual(
      importCounts(2, { inserted: 1, unchanged: 1 }),
    );
  },
);

it("a run's file is read once for all that belongs to it, and not again while it is as before", async () => {
  const outputs = [artifact("a")];
  const root = await writeState({
    "state/runs/a_b.json": run("a/b"),
    "state/approvals/a_b.json": [approval("gate")],
    "logs/runs/a_b.ndjson": [logLine(1)],
    "artifacts/a_b/artifact-manifest.json": { outputs },
  });
  const now = Date.now.bind(Date);
  // Files that changed within two seconds are looked at again.
  const clock = vi.spyOn(Date, "now").mockImplementation(() => now() + 10_000);
  const read = vi.spyOn(fs, "readFile");
  onTestFinished(() => {
    clock.mockRestore();
    read.mockRestore();
    syncBuiltinESMExports();
  });
  syncBuiltinESMExports();
  const timesRead = () =>
    read.mock.calls.filter(([path]) => path === join(root, "state/runs/a_b.json")).length;
  expect(await importState(sides(root))).toMatchObject({ logs: importCounts(1, { inserted: 1 }) });
  expect(await current.db.collection("pack_run_logs").countDocuments({ runId: "a/b" })).toBe(1);
  // For its id, as a record, and by each bulk pass for the form of its steps and beside its document.
  expect(timesRead()).toBe(3);
  read.mockClear();
  expect(await importState(sides(root))).toMatchObject({ unchangedFiles: 4 });
  expect(timesRead()).toBe(2);
});

it("a file with a quarantined record is read again, and what was fixed is imported", async () => {
  const root = await oldState({ [log]: [logLine(1), logLine(2, { level: "loud" })] });
  for (let time = 1; time <= 2; time += 1) {
    const { quarantine } = await importState(sides(root));
    expect(quarantine).toMatchObject([{ file: log, line: 2, reason: "contract" }]);
  }
  await addFiles(root, { [log]: [logLine(1), logLine(2)] });
  expect(await importState(sides(root))).toMatchObject({
    logs: importCounts(2, { inserted: 1, unchanged: 1 }),
    quarantine: [],
  });
});

it("checkpoints do not count where the collection is empty, or where they are forgotten", async () => {
  const root = await oldState(twoRuns);
  await importState(sides(root));
  await current.db.collection("pack_artifacts").deleteMany({});
  await current.db.collection("pack_runs").deleteOne({});
  expect(await importState(sides(root))).toMatchObject({
    runs: importCounts(2, { unchanged: 2 }),
    artifacts: importCounts(2, { inserted: 2 }),
  });
  await new Checkpoints(current.db).forget();
  expect(await importState(sides(root))).toMatchObject({
    runs: importCounts(2, { inserted: 1, unchanged: 1 }),
    unchangedFiles: 0,
  });
});

it("unfinished runs are counted, also those whose files are not read again", async () => {
  const steps = [{ stepId: "build", status: "Running", attempts: 1 }];
  const done = [{ stepId: "build", status: "Succeeded", attempts: 1 }];
  const root = await oldState({
    "state/runs/busy.json": run("busy", { steps }),
    "state/runs/done.json": run("done", { steps: done }),
  });
  expect(await importState(sides(root))).toMatchObject({ unfinishedRuns: 1, unchangedFiles: 0 });
  expect(await importState(sides(root))).toMatchObject({ unfinishedRuns: 1, unchangedFiles: 2 });
});

it("a dry run says what an import would do, and writes nothing", async () => {
  const root = await writeState(twoRuns);
  const before = await allWritten();
  const quarantine = join(root, "quarantine.ndjson");
  await addFiles(root, { "state/runs/bad.json": "{" });
  const dry = await importState({ ...sides(root), dryRun: true, quarantine });
  expect(await allWritten()).toEqual(before);
  await expect(stat(quarantine)).rejects.toThrow();
  const { elapsedMs, ...wet } = await importState(sides(root));
  expect(dry).toMatchObject(wet);
  expect(elapsedMs).toBeGreaterThan(0);
});
