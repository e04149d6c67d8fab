import { promises } from "node:fs";
import { copyFile, mkdir, mkdtemp, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { Int32, Long } from "mongodb";
import { expect, it, onTestFinished, vi } from "vitest";
import { defaultFolders } from "../../components/contract";
import {
  heldFolders,
  listHeldRuns,
  listUnfinishedRuns,
  isSameStat,
  holdRuns,
  unholdRuns,
  isUnfinished,
  type StateAddress,
  publish,
  readStat,
} from "../../components/state";
import { filesIn, run, writeState, textsOf } from "../transfer/state";

const step = (status: unknown, fields: object = {}) => ({ stepId: "s", status, ...fields });

it.each([
  ["all steps done", [step("Succeeded"), step("failed"), step("SKIPPED")], false],
  ["integers", [step(2), step(3), step(4)], false],
  ["MongoDB's integers", [step(new Int32(2)), step(Long.fromInt(3))], false],
  ["a pending step", [step("Succeeded"), step("Pending")], true],
  ["a running step", [step("Running")], true],
  ["a running step's integer", [step(1)], true],
  ["a status of a later version", [step("Waiting")], true],
  ["a step that is not enabled", [step("Succeeded"), step("Pending", { enabled: false })], false],
  ["no steps", [], true],
  ["other properties' case", undefined, true],
])("a run with %s", (_what, steps, unfinished) => {
  expect(isUnfinished(steps ? { Steps: steps } : { STEPS: [{ STATUS: "running" }] })).toBe(
    unfinished,
  );
});

const address = (root: string) => ({ root, folders: defaultFolders });
const cutoverAt = "2025-11-06T12:00:00.000Z";
const heldFolder = "held/2025-11-06T12-00-00.000Z";

/** Holds the unfinished runs on disk. */
async function hold(folder: StateAddress, runIds: readonly string[]): Promise<void> {
  const unfinished = await listUnfinishedRuns(folder);
  const wanted = unfinished.filter(({ runId }) => runIds.includes(runId));
  await holdRuns(folder, wanted, cutoverAt);
}

/** Moves all held runs back. */
async function putBack(folder: StateAddress) {
  const moved = { runs: [] as string[], destinationTaken: [] as string[] };
  for await (const { held, runs } of heldFolders(folder)) {
    const back = await unholdRuns(folder, held, runs);
    moved.runs.push(...back.runs);
    moved.destinationTaken.push(...back.destinationTaken);
  }
  return moved;
}
const busy = (runId: string) => JSON.stringify(run(runId, { steps: [step("Running")] }));

it("only unfinished runs are held, with the layout inside, and come back as they were", async () => {
  const files = textsOf({
    "logs/runs/a.ndjson": "{}\n",
    "state/runs/a.json": busy("a"),
    "state/runs/b.json": busy("b"),
    "state/runs/broken.json": "{",
    "state/runs/done.json": run("done"),
  });
  const root = await writeState(files);
  const folder = address(root);
  const unfinished = await listUnfinishedRuns(folder);
  expect(unfinished.map(({ runId }) => runId).sort()).toEqual(["a", "b"]);

  await hold(folder, ["a", "done"]);
  const { "state/runs/a.json": held, ...others } = files;
  expect(await filesIn(root)).toEqual({ ...others, [`${heldFolder}/state/runs/a.json`]: held });

  expect(await putBack(folder)).toEqual({ runs: ["a"], destinationTaken: [] });
  expect(await filesIn(root)).toEqual(files);
  await expect(stat(join(root, "held"))).rejects.toThrow("ENOENT");
});

it("a file whose stat is that of a finished run is not read", async () => {
  const root = await writeState({ "state/runs/a.json": busy("a"), "state/runs/b.json": busy("b") });
  const name = "state/runs/a.json";
  const then = await readStat(join(root, name));
  const unfinished = await listUnfinishedRuns(address(root), (files) => {
    const same = files.filter(({ stat }) => isSameStat(stat, then));
    return Promise.resolve(new Set(same.map(({ file }) => file.name)));
  });
  expect(unfinished).toMatchObject([{ runId: "b" }]);
});

it("a file at the path is never overwritten; a held one goes to a further folder then", async () => {
  const root = await writeState({ "state/runs/a.json": busy("a") });
  const folder = address(root);
  await hold(folder, ["a"]);
  const other = JSON.stringify(run("a", { planHash: "another", steps: [] }));
  await writeFile(join(root, "state/runs/a.json"), other);
  expect(await putBack(folder)).toEqual({ runs: [], destinationTaken: ["a"] });
  expect(await readFile(join(root, "state/runs/a.json"), "utf8")).toBe(other);
  await hold(folder, ["a"]);
  expect(await filesIn(root)).toEqual({
    [`${heldFolder}.2/state/runs/a.json`]: other,
    [`${heldFolder}/state/runs/a.json`]: busy("a"),
  });
  expect(await listHeldRuns(folder)).toMatchObject([{ runId: "a" }, { runId: "a" }]);
  // The later one first.
  expect(await putBack(folder)).toEqual({ runs: ["a"], destinationTaken: ["a"] });
  expect(await readFile(join(root, "state/runs/a.json"), "utf8")).toBe(other);
});

it("a run that cannot be held is an error that says so", async () => {
  const root = await writeState({ "state/runs/a.json": busy("a"), held: "in the way" });
  await expect(hold(address(root), ["a"])).rejects.toThrow(/^Holding state\/runs\/a\.json failed/);
  expect(await readFile(join(root, "state/runs/a.json"), "utf8")).toBe(busy("a"));
});

/** What becomes of files that are held and put back; another file has the place of one. */
async function holdAndPutBack(root: string) {
  const folder = address(root);
  await hold(folder, ["a", "b"]);
  expect(await listHeldRuns(folder)).toHaveLength(2);
  await writeFile(join(root, "state/runs/b.json"), busy("other"));
  expect(await putBack(folder)).toEqual({ runs: ["a"], destinationTaken: ["b"] });
  expect(await readFile(join(root, "state/runs/a.json"), "utf8")).toBe(busy("a"));
  expect(await readFile(join(root, "state/runs/b.json"), "utf8")).toBe(busy("other"));
}

const unfinishedRuns = { "state/runs/a.json": busy("a"), "state/runs/b.json": busy("b") };

it.each(["ENOTSUP", "EPERM", "ENOSYS"])(
  "a volume without links (%s) holds files too",
  async (code) => {
    const root = await writeState(unfinishedRuns);
    const link = vi.spyOn(promises, "link");
    onTestFinished(() => {
      link.mockRestore();
      syncBuiltinESMExports();
    });
    link.mockRejectedValue(Object.assign(new Error(code), { code, syscall: "link" }));
    syncBuiltinESMExports();
    await holdAndPutBack(root);
    await publish(join(root, "new.json"), undefined, (file) => file.writeFile("new"));
    const again = publish(join(root, "new.json"), undefined, (file) => file.writeFile("newer"));
    await expect(again).rejects.toThrow(/changed during the export/);
    expect(await readFile(join(root, "new.json"), "utf8")).toBe("new");
    expect(link).toHaveBeenCalled();
  },
);

it("runs on a volume of their own are held beside it", async () => {
  const root = await writeState(unfinishedRuns);
  const volume = await mkdtemp("/dev/shm/held-");
  onTestFinished(() => rm(volume, { recursive: true }));
  expect((await stat(volume)).dev).not.toBe((await stat(root)).dev);
  await symlink(volume, join(root, "held"));
  await holdAndPutBack(root);
});

it("a move to another volume that was interrupted goes on", async () => {
  const root = await writeState({ "state/runs/a.json": busy("a") });
  const volume = await mkdtemp("/dev/shm/held-");
  onTestFinished(() => rm(volume, { recursive: true }));
  await symlink(volume, join(root, "held"));
  const folder = address(root);
  const location = join(root, "state/runs/a.json");
  const copy = join(root, heldFolder, "state/runs/a.json");
  await mkdir(dirname(copy), { recursive: true });
  await copyFile(location, copy);
  await hold(folder, ["a"]);
  expect(await listHeldRuns(folder)).toMatchObject([{ runId: "a" }]);
  await copyFile(copy, location);
  expect(await putBack(folder)).toEqual({ runs: [], destinationTaken: [] });
  expect(Object.keys(await filesIn(root))).toEqual(["state/runs/a.json"]);
});

it("a folder instead of held files does not stop the search", async () => {
  const root = await writeState({});
  await mkdir(join(root, "held"));
  expect(await listHeldRuns(address(root))).toEqual([]);
});

it("two files whose inodes a number cannot tell apart are two files", async () => {
  const root = await writeState({ "state/runs/a.json": busy("a") });
  const folder = address(root);
  await hold(folder, ["a"]);
  await writeFile(join(root, "state/runs/a.json"), busy("a"));
  let inode = 2n ** 60n;
  const lstat = vi.spyOn(promises, "lstat");
  onTestFinished(() => {
    lstat.mockRestore();
    syncBuiltinESMExports();
  });
  lstat.mockImplementation(((_path: string, options?: { bigint?: boolean }) => {
    inode += 1n;
    return Promise.resolve({ ino: options?.bigint ? inode : Number(inode), dev: 1n });
  }) as never);
  syncBuiltinESMExports();
  expect(await putBack(folder)).toEqual({ runs: [], destinationTaken: ["a"] });
});
