import fs, { type Stats, promises } from "node:fs";
import { lstat, utimes, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, it, onTestFinished, vi } from "vitest";
import { type ImportPass, importState } from "../../components/transfer";
import { databasePerTest, defaultSides } from "./database";
import { approval, run, writeState } from "./state";

const current = databasePerTest();
const file = "state/runs/r.json";
const approvals = "state/approvals/r.json";
const withStatus = (status: string) =>
  JSON.stringify(run("r", { steps: [{ stepId: "build", status, attempts: 1 }] }));
const withDecision = (status: string) => JSON.stringify([approval("a", { status })]);

/** A network's volume that answers `lstat` as it is now, whatever is written in place to these files. */
async function cacheAttributes(root: string, names: readonly string[]): Promise<void> {
  const cached = new Map<unknown, Stats>();
  for (const name of names) cached.set(join(root, name), await lstat(join(root, name)));
  const ask = promises.lstat;
  const askAtOnce = fs.lstatSync;
  const asked = vi
    .spyOn(promises, "lstat")
    .mockImplementation(((path: string, options: object) =>
      cached.has(path) ? Promise.resolve(cached.get(path)) : ask(path, options)) as typeof ask);
  const askedAtOnce = vi
    .spyOn(fs, "lstatSync")
    .mockImplementation(
      ((path: string, options: object) =>
        cached.get(path) ?? askAtOnce(path, options)) as typeof askAtOnce,
    );
  syncBuiltinESMExports();
  onTestFinished(() => {
    asked.mockRestore();
    askedAtOnce.mockRestore();
    syncBuiltinESMExports();
  });
}

/** Imports files that are an hour old, then writes to them in place; what the next import finds. */
async function importCached(status: string, pass: ImportPass, minutes = 60) {
  const root = await writeState({
    [file]: withStatus(status),
    [approvals]: withDecision("pending"),
  });
  const time = new Date(Date.now() - minutes * 60_000);
  for (const name of [file, approvals]) await utimes(join(root, name), time, time);
  await sleep(2_100);
  const sides = defaultSides(current.db, root);
  await importState(sides);
  await cacheAttributes(root, [file, approvals]);
  await writeFile(join(root, file), withStatus(status).replace("sha256:1", "sha256:2"));
  await writeFile(join(root, approvals), withDecision("approved"));
  return importState({ ...sides, pass });
}

it("a file that is written in place behind cached attributes is imported by the delta pass", async () => {
  expect(await importCached("Running", "delta")).toMatchObject({
    runs: { updated: 1 },
    approvals: { updated: 1 },
  });
});

it("the final pass looks through open too, at young files of finished runs as well", async () => {
  expect(await importCached("Succeeded", "final", 0)).toMatchObject({ approvals: { updated: 1 } });
});
