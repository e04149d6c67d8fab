import { pbkdf2 } from "node:crypto";
import fs, { existsSync } from "node:fs";
import {
  type FileHandle,
  chmod,
  chown,
  mkdir,
  open,
  readFile,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { expect, it, onTestFinished, vi } from "vitest";
import { WriteError, writeCutoverRecord, publish, readStat } from "../../components/state";
import { filesIn, writeState } from "../transfer/state";

const ignore = () => undefined;

it("a new file is there complete, in a folder that was not there", async () => {
  const root = await writeState({});
  await publish(join(root, "a/b.json"), undefined, (file) => file.writeFile("new"));
  expect(await filesIn(root)).toEqual({ "a/b.json": "new" });
});

it("a file that is continued begins with what it has", async () => {
  const root = await writeState({ "log.ndjson": "one\n" });
  const path = join(root, "log.ndjson");
  await publish(path, await readStat(path), (file) => file.appendFile("two\n"), true);
  expect(await filesIn(root)).toEqual({ "log.ndjson": "one\ntwo\n" });
});

it("what is published is on the disk before it has its name", async () => {
  const root = await writeState({});
  const path = join(root, "r.json");
  const named: boolean[] = [];
  const handle = await open(root);
  const prototype = Object.getPrototypeOf(handle) as FileHandle;
  await handle.close();
  vi.spyOn(prototype, "sync").mockImplementation(async function (this: FileHandle) {
    named.push(existsSync(path), existsSync(join(root, "cutover.json")));
    await this.datasync();
  });
  await publish(path, undefined, (file) => file.writeFile("new"));
  await writeCutoverRecord(root, { at: "2025-11-06T10:00:00.000Z", unfinishedCount: 0 });
  // The record's name is synced too, with its folder.
  expect(named).toEqual([false, false, true, false, true, true]);
});

it("a failure in the middle leaves the file as it was and nothing beside it", async () => {
  const root = await writeState({ "r.json": "before" });
  const path = join(root, "r.json");
  const failing = publish(path, await readStat(path), async (file) => {
    await file.writeFile("half");
    throw new Error("the server went away");
  });
  await expect(failing).rejects.toThrow("the server went away");
  expect(await filesIn(root)).toEqual({ "r.json": "before" });
});

it.each([
  ["changed", { "r.json": "before" }],
  ["came", {}],
])("a file that %s meanwhile is left alone", async (_what, files) => {
  const root = await writeState(files);
  const path = join(root, "r.json");
  const late = publish(path, await readStat(path), async (file) => {
    await file.writeFile("ours");
    await writeFile(path, "the service's");
  });
  await expect(late).rejects.toThrow("its file changed during the export; export again");
  expect(await readFile(path, "utf8")).toBe("the service's");
  expect(Object.keys(await filesIn(root))).toEqual(["r.json"]);
});

it("a file that was written again with its length and its date is left alone", async () => {
  const root = await writeState({ "r.json": "before" });
  const path = join(root, "r.json");
  await utimes(path, 0, 0);
  const late = publish(path, await readStat(path), async (file) => {
    await file.writeFile("ours");
    await writeFile(path, "theirs");
    await utimes(path, 0, 0);
  });
  await expect(late).rejects.toThrow("its file changed during the export");
  expect(await readFile(path, "utf8")).toBe("theirs");
});

it("what a service writes right after the last look is not lost", async () => {
  const root = await writeState({ "r.json": "before" });
  const path = join(root, "r.json");
  const read = await readStat(path);
  /** The pool has no thread left for a while, and a service writes meanwhile. */
  const looked = (asked: unknown, options: object | undefined) => {
    if (asked !== path || !(options && "bigint" in options)) return;
    for (let thread = 0; thread < 4; thread += 1) pbkdf2("", "", 300_000, 64, "sha512", ignore);
    setImmediate(() => {
      fs.writeFileSync(path, "theirs");
    });
  };
  const { lstat } = fs.promises;
  const { lstatSync } = fs;
  vi.spyOn(fs.promises, "lstat").mockImplementation(async (...of: Parameters<typeof lstat>) => {
    const found = await lstat(...of);
    looked(...of);
    return found;
  });
  vi.spyOn(fs, "lstatSync").mockImplementation((...of: Parameters<typeof lstatSync>) => {
    const found = lstatSync(...of);
    looked(...of);
    return found;
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    vi.restoreAllMocks();
    syncBuiltinESMExports();
  });
  await publish(path, read, (file) => file.writeFile("ours"));
  // Not through the pool, which is busy.
  await vi.waitFor(() => {
    expect(fs.readFileSync(path, "utf8")).toBe("theirs");
  }, 10_000);
});

it("a full disk is named with what to do", async () => {
  const root = await writeState({});
  const full = publish(join(root, "r.json"), undefined, () =>
    Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" })),
  );
  await expect(full).rejects.toThrow(WriteError);
  await expect(full).rejects.toThrow(/ENOSPC.*Free space/);
  expect(await filesIn(root)).toEqual({});
});

/** The permissions and, for root, the owner and the group of what is below a folder. */
async function accessOf(root: string, ...names: string[]) {
  const found = await Promise.all(names.map((name) => stat(join(root, name))));
  const isRoot = process.getuid?.() === 0;
  return found.map(({ mode, uid, gid }) => [mode & 0o7777, ...(isRoot ? [uid, gid] : [])]);
}

it("the services go on with what is written: it is theirs as what was there, or as its folder", async () => {
  const root = await writeState({ "logs/r.ndjson": "one\n" });
  const log = join(root, "logs/r.ndjson");
  const user = 10_001;
  const group = 10_002;
  // Only root gives files away; as another user, permissions are all that can be looked at.
  const give = (path: string) => (process.getuid?.() === 0 ? chown(path, user, group) : undefined);
  await chmod(log, 0o660);
  await give(log);
  await mkdir(join(root, "artifacts"));
  await chmod(join(root, "artifacts"), 0o2775);
  await give(join(root, "artifacts"));
  await publish(log, await readStat(log), (file) => file.appendFile("two\n"), true);
  const manifest = "artifacts/r/artifact-manifest.json";
  await publish(join(root, manifest), undefined, (file) => file.writeFile("{}"));
  const deep = "artifacts/held/state/runs";
  await publish(join(root, deep, "r.json"), undefined, (file) => file.writeFile("{}"));
  const owner = process.getuid?.() === 0 ? [user, group] : [];
  expect(await accessOf(root, "logs/r.ndjson", "artifacts/r", manifest)).toEqual([
    [0o660, ...owner],
    [0o2775, ...owner],
    [0o664, ...owner],
  ]);
  expect(await accessOf(root, "artifacts/held", "artifacts/held/state", deep)).toEqual(
    Array.from({ length: 3 }, () => [0o2775, ...owner]),
  );
});
