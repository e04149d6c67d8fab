import { chmod } from "node:fs/promises";
import { execa } from "execa";
import { expect, it } from "vitest";
import { exportState } from "../../components/transfer";
import { emptyDatabasePerTest } from "../server";
import { defaultSides, sidesOf } from "./database";
import { filesIn, writeState } from "./state";

const current = emptyDatabasePerTest();
const { runs } = sidesOf(current);

it("no room stops an export with what to do, and a later one finishes it", async () => {
  await runs().insertMany([
    { _id: "a-small", planHash: "sha256:1" },
    { _id: "b-large", planHash: "sha256:1", plan: { text: "x".repeat(50_000) } },
  ]);
  const root = await writeState({});
  const sides = defaultSides(current.db, root);
  const { databaseName } = current.db;
  const task = { does: "export", ...sides, uri: current.server.uri, database: databaseName };
  const command = ["--import", "tsx", "test/transfer/state-process.ts", JSON.stringify(task)];
  const limited = 'ulimit -f 16 && exec "$0" "$@"';
  const env = { TSX_DISABLE_CACHE: "1" };
  const { exitCode, stderr } = await execa("sh", ["-c", limited, process.execPath, ...command], {
    env,
    reject: false,
  });
  expect(stderr).toMatch(/^Writing .*b-large\.json failed: EFBIG\./);
  expect(exitCode).toBe(1);
  expect(Object.keys(await filesIn(root))).toEqual(["state/runs/a-small.json"]);

  expect(await exportState(sides)).toMatchObject({ runs: { written: 1, unchanged: 1 } });
});

it("a folder without permission stops an export with what to do, and a later one finishes it", async () => {
  await runs().insertOne({ _id: "s", planHash: "sha256:1" });
  const before = { "state/runs/r.json": '{"runId":"r"}' };
  const root = await writeState(before);
  const folders = [root, `${root}/state`, `${root}/state/runs`];
  const sides = defaultSides(current.db, root);
  for (const folder of folders) await chmod(folder, 0o555);
  const { geteuid, seteuid } = process;
  // The superuser may write everywhere, so another user exports.
  const isRoot = geteuid?.() === 0;
  try {
    if (isRoot) seteuid?.(65_534);
    await expect(exportState(sides)).rejects.toThrow(/^Writing .* failed: EACCES\. .*permission/);
  } finally {
    if (isRoot) seteuid?.(0);
    for (const folder of folders) await chmod(folder, 0o755);
  }
  expect(await filesIn(root)).toEqual(before);
  expect(await exportState(sides)).toMatchObject({ runs: { written: 1 } });
});
