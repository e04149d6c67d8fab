import fs from "node:fs";
import { readFile, readdir, stat, truncate } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { Collection } from "mongodb";
import { expect, it, onTestFinished, vi } from "vitest";
import { WriteError } from "../../components/state";
import { importState } from "../../components/transfer";
import { databasePerTest, sidesOf } from "./database";
import { addFiles, approval, lines, logLine, oldState } from "./state";

const { sides } = sidesOf(databasePerTest());

const importFrom = (root: string, quarantine = join(root, "quarantine.ndjson")) =>
  importState({ ...sides(root), quarantine });

async function quarantined(root: string): Promise<unknown[]> {
  const text = await readFile(join(root, "quarantine.ndjson"), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as unknown);
}

const badLine = JSON.stringify(logLine(2, { level: "loud" }));
const state = {
  "logs/runs/r.ndjson": Buffer.concat([
    Buffer.from(`${lines(logLine(1))}${badLine}\r\n`),
    Buffer.from([0x7b, 0xff, 0x0a]),
  ]),
  "state/approvals/r.json": [approval("one"), { approvalId: "two", n: 1.0 }],
};

it("every quarantined record is kept with its location, its reason and its bytes", async () => {
  const root = await oldState(state);
  const report = await importFrom(root);
  expect(await quarantined(root)).toEqual([
    {
      file: "logs/runs/r.ndjson",
      line: 2,
      reason: "contract",
      detail: expect.stringMatching(/^level /) as string,
      raw: badLine,
    },
    {
      file: "logs/runs/r.ndjson",
      line: 3,
      reason: "not-utf8",
      detail: expect.stringContaining("UTF-8") as string,
      rawBase64: "e/8=",
    },
    {
      file: "state/approvals/r.json",
      entry: 2,
      reason: "contract",
      detail: expect.stringMatching(/^requestedAt .*; status /) as string,
      raw: '{"approvalId":"two","n":1}',
    },
  ]);
  expect(report.quarantine).toHaveLength(3);
  expect(report.quarantine[0]).not.toHaveProperty("raw");
});

it("the file is readable only by its owner, and nothing is left beside it", async () => {
  const root = await oldState(state);
  await importFrom(root);
  expect((await stat(join(root, "quarantine.ndjson"))).mode & 0o777).toBe(0o600);
  expect((await readdir(root)).sort()).toEqual(["logs", "quarantine.ndjson", "state"]);
});

it("the file is deleted when nothing is quarantined any more", async () => {
  const root = await oldState(state);
  await importFrom(root);
  await addFiles(root, {
    "logs/runs/r.ndjson": [logLine(1)],
    "state/approvals/r.json": "[]",
  });
  await importFrom(root);
  await expect(quarantined(root)).rejects.toThrow(/ENOENT/);
});

it("an import that fails leaves the earlier file as it is", async () => {
  const root = await oldState(state);
  await importFrom(root);
  const before = await quarantined(root);
  await addFiles(root, { "logs/runs/r.ndjson": [logLine(7)] });
  const inserts = vi.spyOn(Collection.prototype, "insertMany");
  inserts.mockRejectedValue(new Error("the disk is full"));
  onTestFinished(() => {
    inserts.mockRestore();
  });
  await expect(importFrom(root)).rejects.toThrow("the disk is full");
  expect(await quarantined(root)).toEqual(before);
  expect((await readdir(root)).sort()).toEqual(["logs", "quarantine.ndjson", "state"]);
});

it("a folder that cannot be written is named with what to do", async () => {
  const root = await oldState(state);
  const failed = importFrom(root, join(root, "nowhere", "quarantine.ndjson"));
  await expect(failed).rejects.toThrow(WriteError);
  await expect(failed).rejects.toThrow(/nowhere.* ENOENT\. .*writable/);
});

it("imports at the same time each leave a whole list", async () => {
  const root = await oldState(state);
  await Promise.all([importFrom(root), importFrom(root)]);
  expect(await quarantined(root)).toHaveLength(3);
  expect((await readdir(root)).sort()).toEqual(["logs", "quarantine.ndjson", "state"]);
});

it("a full disk ends the import, and is not taken for a file that cannot be read", async () => {
  const root = await oldState(state);
  const full = Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" });
  const writes = vi.spyOn(fs, "writeSync").mockImplementation(() => {
    throw full;
  });
  syncBuiltinESMExports();
  onTestFinished(() => {
    writes.mockRestore();
    syncBuiltinESMExports();
  });
  const failed = importFrom(root);
  await expect(failed).rejects.toThrow(WriteError);
  await expect(failed).rejects.toThrow(/quarantine\.ndjson .*ENOSPC\. .*free space/);
});

it.each([
  ["a short password", "geheim", "not-json"],
  ["a connection string", "mongodb://migrator:geheim@db.example.test/", "not-json"],
  ["a text in quotes that is not ended", '{"password": "geheim', "not-json"],
  ["a word behind its end", '{"a": 1} geheim', "not-json"],
  ["a depth that no parser takes", `${'{"a":'.repeat(200_000)}1.0${"}".repeat(200_000)}`, "form"],
])(
  "a file with %s is quarantined, and nothing of it is in the reason",
  async (_what, text, reason) => {
    const root = await oldState({ "state/runs/r.json": text });
    const { quarantine } = await importFrom(root);

    expect(quarantine).toMatchObject([{ file: "state/runs/r.json", reason }]);
    expect(JSON.stringify(quarantine)).not.toContain("geheim");
  },
);

it("a text of more than 64 MiB is quarantined and not read", async () => {
  const root = await oldState({ "state/runs/r.json": "{}" });
  await truncate(join(root, "state/runs/r.json"), 64 * 1024 * 1024 + 1);

  expect((await importFrom(root)).quarantine).toMatchObject([{ reason: "too-large" }]);
});

it("an approval without stepIds is taken", async () => {
  const root = await oldState({
    "state/approvals/r.json": [approval("one", { stepIds: undefined })],
  });
  expect(await importFrom(root)).toMatchObject({ approvals: { inserted: 1 }, quarantine: [] });
});
