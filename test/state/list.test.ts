import fs, { promises } from "node:fs";
import { mkdir, symlink, utimes } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { type StateFolders, defaultFolders } from "../../components/contract";
import {
  countFiles,
  requireState,
  stateFiles,
  newestRuns,
  runsOnDisk,
  noneSkipped,
} from "../../components/state";
import { writeState } from "../transfer/state";

async function listed(root: string, folders: StateFolders = defaultFolders) {
  const skipped = noneSkipped();
  const names: string[] = [];
  const address = { root, folders };
  await requireState(address);
  for await (const file of stateFiles(address, skipped)) {
    names.push(`${file.role} ${file.baseName} ${file.name}`);
  }
  return { names, skipped };
}

it("the layout's files are listed role by role, foreign ones are counted", async () => {
  const root = await writeState({
    "artifacts/r-1/artifact-manifest.json": "",
    "artifacts/r-1/report.json": "",
    "artifacts/README": "",
    "logs/runs/r-1.ndjson": "",
    "logs/runs/r-1.log": "",
    "logs/audit.ndjson": "",
    "state/approvals/r-1.json": "",
    "state/runs/r-1.json": "",
    "state/runs/old/r-0.json": "",
    "state/runs/r-1.json.bak": "",
  });
  const { names, skipped } = await listed(root);
  expect(names).toEqual([
    "runs r-1 state/runs/r-1.json",
    "logs r-1 logs/runs/r-1.ndjson",
    "artifacts r-1 artifacts/r-1/artifact-manifest.json",
    "approvals r-1 state/approvals/r-1.json",
  ]);
  expect(skipped).toEqual({
    hidden: 0,
    temporary: 0,
    foreign: 3,
    foreignNames: ["state/runs/r-1.json.bak", "logs/runs/r-1.log", "artifacts/README"],
    unknown: 1,
    unknownNames: ["state/runs/old"],
  });
  expect(await countFiles({ root, folders: defaultFolders })).toBe(names.length);
});

it("hidden and temporary files are skipped and counted, and nothing is looked at among a run's artifacts", async () => {
  const root = await writeState({
    "state/runs/r-1.json": "",
    "state/runs/.r-2.json": "",
    "state/runs/r-3.json.tmp": "",
    "state/runs/r-4.tmp": "",
    "state/approvals/lost+found/r.json": "",
    "artifacts/r-1/artifact-manifest.json.tmp": "",
    "artifacts/r-1/Artifact-Manifest.json": "",
    "artifacts/r-1/.cache": "",
    "artifacts/.trash/artifact-manifest.json": "",
  });
  expect(await listed(root)).toEqual({
    names: ["runs r-1 state/runs/r-1.json"],
    skipped: { ...noneSkipped(), hidden: 3, temporary: 2 },
  });
});

it("links and folders are not followed, and are named", async () => {
  const root = await writeState({
    "logs/runs/2025/r-1.ndjson": "",
    "state/approvals/tenant.tmp/r-1.json": "",
    "artifacts/r-1/report.json": "",
    elsewhere: "",
  });
  const links = {
    "state/runs/r-5.json": "elsewhere",
    "logs/runs/r-5.ndjson": "elsewhere",
    "artifacts/r-6": "artifacts/r-1",
  };
  await mkdir(join(root, "state/runs"));
  for (const [name, to] of Object.entries(links)) await symlink(join(root, to), join(root, name));
  const { names, skipped } = await listed(root);
  expect(names).toEqual([]);
  expect(skipped).toMatchObject({
    foreign: 4,
    foreignNames: expect.arrayContaining(["logs/runs/2025", "logs/runs/r-5.ndjson"]) as string[],
    unknownNames: ["state/runs/r-5.json", "state/approvals/tenant.tmp"],
  });
});

it("approvals are left alone where they are not wanted", async () => {
  const root = await writeState({ "state/runs/r.json": "", "state/approvals/r.json": "" });
  expect((await listed(root, { runs: "state/runs" })).names).toEqual(["runs r state/runs/r.json"]);
});

it("a state directory that is not there is named", async () => {
  const root = join(await writeState({}), "nothing");
  await expect(listed(root)).rejects.toThrow(
    `The state directory ${root} is not a readable directory. Nothing was written. ` +
      "Set backfill.source.path to the directory that contains state/runs.",
  );
});

it("a root without any of the layout's folders is named with them", async () => {
  const root = await writeState({ "runs/r.json": "" });
  await expect(listed(root)).rejects.toThrow(
    `The state directory ${root} has none of the directories state/runs, logs/runs, artifacts, state/approvals. ` +
      "Nothing was written. Fix backfill.source.path; if there is no state, remove backfill.",
  );
});

it("a folder that leads out of the root is named, not followed", async () => {
  const elsewhere = await writeState({ "runs/r.json": "" });
  const root = await writeState({ "logs/runs/r.ndjson": "" });
  await symlink(elsewhere, join(root, "state"));
  await expect(listed(root)).rejects.toThrow(
    /state\/runs is a link out of the state directory, to \S+\/runs\. Nothing was written\. Move the directory itself into the state directory, or set backfill\.source\.path to its parent\./,
  );
});

// Before a slow volume, after which all goes to the pool.
it("looks at a volume that hangs in the pool only, so that timers go on", async () => {
  const root = await writeState({ "state/runs/r.json": "{}" });
  const atOnce = vi.spyOn(fs, "lstatSync");
  let answer!: (error: Error) => void;
  const hangs = new Promise<never>((_, reject) => {
    answer = reject;
  });
  const inPool = vi.spyOn(promises, "lstat").mockReturnValue(hangs);
  // The last call in the thread pool was long ago.
  vi.spyOn(performance, "now").mockReturnValue(performance.now() + 1_000);
  syncBuiltinESMExports();
  onTestFinished(() => {
    answer(new Error("gone"));
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  void runsOnDisk({ root, folders: defaultFolders }, noneSkipped()).next();
  await vi.waitFor(() => {
    expect(inPool).toHaveBeenCalled();
  });
  expect(atOnce).not.toHaveBeenCalled();
});

it("looks through the pool while a volume is slow, and finds the same", async () => {
  const files = Array.from({ length: 300 }, (_, at) => [
    [`logs/runs/r-${at}.ndjson`, ""],
    [`artifacts/r-${at}/artifact-manifest.json`, ""],
  ]);
  const root = await writeState(Object.fromEntries(files.flat()) as Record<string, string>);
  const found = async () => {
    const names: string[] = [];
    for await (const runs of runsOnDisk({ root, folders: defaultFolders }, noneSkipped())) {
      names.push(...runs.flatMap((run) => run.files.map(({ name }) => name)));
    }
    return names;
  };
  const inPool = vi.spyOn(promises, "lstat");
  const atOnce = vi.spyOn(fs, "lstatSync");
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  const names = await found();
  expect(new Set(names).size).toBe(600);
  expect(names).toHaveLength(600);
  expect(inPool.mock.calls.length).toBeLessThan(atOnce.mock.calls.length / 10);

  const before = atOnce.mock.calls.length;
  let time = performance.now();
  // Each call takes a millisecond.
  vi.spyOn(performance, "now").mockImplementation(() => (time += 1));
  expect(await found()).toEqual(names);
  expect(atOnce.mock.calls.length - before).toBeLessThan(10);
});

it("finds the runs whose own files were written last, the newest first", async () => {
  const names = Array.from({ length: 300 }, (_, at) => `r-${at}`);
  const root = await writeState(
    Object.fromEntries(names.map((name) => [`state/runs/${name}.json`, "{}"])),
  );
  for (const [at, name] of names.entries()) {
    // The order of the names is not that of the dates.
    const seconds = (at * 7) % names.length;
    await utimes(join(root, `state/runs/${name}.json`), seconds, seconds);
  }
  const newest = names.toSorted((a, b) => ((indexOf(b) * 7) % 300) - ((indexOf(a) * 7) % 300));
  expect(await newestRuns({ root, folders: defaultFolders }, 5)).toEqual(newest.slice(0, 5));
});

it("looks for the newest of many runs among an even part of them", async () => {
  const names = Array.from({ length: 12_000 }, (_, at) => `r-${at}`);
  const files = Object.fromEntries(names.map((name) => [`state/runs/${name}.json`, "{}"]));
  const root = await writeState(files);
  for (const name of names) {
    const seconds = 1_000_000 + indexOf(name);
    fs.utimesSync(join(root, `state/runs/${name}.json`), seconds, seconds);
  }
  const found = await newestRuns({ root, folders: defaultFolders }, 100);
  expect(found).toHaveLength(100);
  expect(Math.min(...found.map(indexOf))).toBeGreaterThan(11_600);
});

const indexOf = (name: string) => Number(name.slice(2));
