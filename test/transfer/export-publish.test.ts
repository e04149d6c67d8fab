import { readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { WriteError } from "../../components/state";
import { publish, removeLeftovers, stampOf } from "../../components/state/publish";
import { filesIn } from "./export-sides";
import { layout } from "./layout";
import { stateRoot } from "./state";

it("a new file is there complete, in a folder that was not there", async () => {
  const root = await stateRoot({});
  await publish(join(root, "a/b.json"), undefined, (file) => file.writeFile("new"));
  expect(await filesIn(root)).toEqual({ "a/b.json": "new" });
});

it("a file that is continued begins with what it has", async () => {
  const root = await stateRoot({ "log.ndjson": "one\n" });
  const path = join(root, "log.ndjson");
  await publish(path, await stampOf(path), (file) => file.appendFile("two\n"), true);
  expect(await filesIn(root)).toEqual({ "log.ndjson": "one\ntwo\n" });
});

it("a failure in the middle leaves the file as it was and nothing beside it", async () => {
  const root = await stateRoot({ "r.json": "before" });
  const path = join(root, "r.json");
  const failing = publish(path, await stampOf(path), async (file) => {
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
  const root = await stateRoot(files);
  const path = join(root, "r.json");
  const late = publish(path, await stampOf(path), async (file) => {
    await file.writeFile("ours");
    await writeFile(path, "the service's");
  });
  await expect(late).rejects.toThrow("its file changed during the export; export again");
  expect(await readFile(path, "utf8")).toBe("the service's");
  expect(Object.keys(await filesIn(root))).toEqual(["r.json"]);
});

it("a full disk is named with what to do", async () => {
  const root = await stateRoot({});
  const full = publish(join(root, "r.json"), undefined, () =>
    Promise.reject(Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" })),
  );
  await expect(full).rejects.toThrow(WriteError);
  await expect(full).rejects.toThrow(/ENOSPC.*Free space on the disk, then export again/);
  expect(await filesIn(root)).toEqual({});
});

it("an unfinished file of an export is removed when it is an hour old, and nothing else", async () => {
  const [old, foreign] = [".r.json.0123456789ab.tmp", ".r.json.tmp"];
  const folders = ["state/runs", "logs/runs", "artifacts/r"];
  const left = folders.flatMap((folder) => [`${folder}/${old}`, `${folder}/${foreign}`]);
  const young = "state/approvals/.r.json.0123456789ab.tmp";
  const linked = `elsewhere/${old}`;
  const all = [...left, linked, young];
  const root = await stateRoot(Object.fromEntries(all.map((name) => [name, ""])));
  for (const name of [...left, linked]) await utimes(join(root, name), 0, 0);
  await symlink("../elsewhere", join(root, "artifacts/link"));
  await removeLeftovers({ root, layout, approvals: true });
  expect(Object.keys(await filesIn(root)).sort()).toEqual(
    [young, linked, ...folders.map((folder) => `${folder}/${foreign}`)].sort(),
  );
});
