import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { KeyParts, keysApart } from "../../components/transfer/key-parts";
import { logKey } from "../../components/state/keys";

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "key-parts-"));
  onTestFinished(() => rm(path, { recursive: true }));
  return path;
}

const keys = (runId: string, many: number) =>
  Array.from({ length: many }, (_, at) => logKey(runId, String(at)));

it("keys of both sides are told apart, however often and in whatever order they come", async () => {
  const path = await folder();
  const [disk, mongo] = [new KeyParts(join(path, "disk")), new KeyParts(join(path, "mongo"))];
  const run = "a run with a long name ".repeat(10);
  for (const key of [...keys(run, 30_000), ...keys(run, 7)]) disk.add(key);
  for (const key of keys(run, 30_003).reverse()) mongo.add(key);

  expect(await readdir(path)).not.toHaveLength(0);
  const { extra, ...counts } = keysApart(disk, mongo, 2);
  expect(counts).toEqual({ mongo: 30_003, onlyInMongo: 3, repeated: 7 });
  expect(extra).toHaveLength(2);
  for (const id of extra) expect(id).toMatch(/^a run .*:3000[012]$/);
});

it("a key with a line's end is one key", async () => {
  const path = await folder();
  const [disk, mongo] = [new KeyParts(join(path, "disk")), new KeyParts(join(path, "mongo"))];
  mongo.add(logKey("a\nb", "1"));
  expect(keysApart(disk, mongo, 100)).toMatchObject({ onlyInMongo: 1, extra: ["a\nb:1"] });
});

it("a folder that is not there is named, with what to do", () => {
  const disk = new KeyParts("/nowhere/disk");
  const add = () => {
    for (const key of keys("a run ".repeat(100), 10_000)) disk.add(key);
  };
  expect(add).toThrow(
    /^Writing the keys to compare to \/nowhere\/disk-\d+ failed: ENOENT\..*TMPDIR/,
  );
});
