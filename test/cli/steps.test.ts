import { rename, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { execa } from "execa";
import { beforeEach, expect, it, vi } from "vitest";
import { addFiles, run as runOf } from "../backfill/state";
import { emptyDatabasePerTest } from "../server";

// Each test starts several processes one after another.
vi.setConfig({ testTimeout: 60_000 });

const current = emptyDatabasePerTest();
const bin = resolve(__dirname, "../../cli/bin.cjs");
let tests = 0;
let state: string;

/** One run that has steps to execute. */
beforeEach(async () => {
  state = join(current.folder, `steps-${++tests}`);
  await addFiles(state, { "state/runs/r.json": JSON.stringify(runOf("r", { steps: [] })) });
});

async function run(args: readonly string[], more: Record<string, string> = {}) {
  const uri = `${current.server.uri}/${current.db.databaseName}`;
  const env = { TASKRUNNER_MONGO_URI: uri, ...more };
  const options = { env, cwd: current.folder, reject: false } as const;
  const { stdout, stderr, exitCode } = await execa("node", [bin, ...args], options);
  return { stdout, stderr, exitCode };
}

it("settings come from TASKRUNNER_SETTINGS, unless --settings names a file", async () => {
  const named = (runs: string) => `config: { "x:mongo": { collections: { runs: ${runs} } } }\n`;
  const file = join(current.folder, "settings.yaml");
  await writeFile(file, named("of_file"));
  const env = { TASKRUNNER_SETTINGS: named("of_variable") };
  expect((await run(["plan", "--stack", "any"], env)).stdout).toContain("of_variable");
  expect((await run(["plan", "--settings", file], env)).stdout).toContain("of_file");
});

it("expiry sets and lifts the expiry of log entries", async () => {
  await run(["apply"]);
  const expiry = async () => {
    const indexes = await current.db.collection("pack_run_logs").indexes();
    return indexes.flatMap(({ expireAfterSeconds }) => expireAfterSeconds ?? []);
  };
  const set = await run(["expiry", "--days", "10000"]);
  expect(set.stdout).toBe("Entries of pack_run_logs expire: 10000 days after their timestamp.");
  expect(await expiry()).toEqual([864_000_000]);
  expect(await run(["expiry", "--days", "0"])).toMatchObject({ exitCode: 0 });
  expect(await expiry()).toEqual([2_147_483_647]);
  expect(await run(["expiry", "--days", "many"])).toMatchObject({ exitCode: 1 });
});

it("a final import leaves runs as MongoDB has them", async () => {
  await run(["apply"]);
  await run(["backfill", "--from", state]);
  const changed = runOf("r", { steps: [], planHash: "changed", updatedAt: "2030-01-01T00:00:00Z" });
  await addFiles(state, { "state/runs/r.json": JSON.stringify(changed) });
  await run(["backfill", "--from", state, "--stage", "final"]);
  expect(await current.db.collection("pack_runs").findOne()).not.toMatchObject({
    planHash: "changed",
  });
});

it("a fence is noted in the ledger, and without MongoDB its runs are set aside, unless it does not count", async () => {
  const away = { TASKRUNNER_MONGO_URI: "mongodb://127.0.0.1:1/none" };
  await run(["apply"]);
  const fence = await run(["fence", "--at", state]);
  const at = /^From (\S+) on MongoDB is the truth\.\n/.exec(fence.stdout)?.[1];
  expect(fence.stdout).toContain(`\nUnfinished runs below ${state}: 1.`);
  expect((await run(["status"])).stdout).toContain(`fence      ${at}\n`);
  const status = JSON.parse((await run(["status", "--json"])).stdout) as object;
  expect(status).toMatchObject({ record: { fencedAt: at } });
  const brief = join(current.folder, "brief.yaml");
  await writeFile(brief, 'config: { "x:advanced": { electionSeconds: 2 } }\n');
  const back = ["wayback", "--to", state, "--settings", brief, "--json"];
  const none = await run([...back, "--no-fence"], away);
  expect(JSON.parse(none.stdout)).toMatchObject({ held: [] });
  const held = await run(back, away);
  expect(held).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(held.stdout)).toMatchObject({ held: ["r"] });
  const released = await run([...back, "--held-runs", "release"], away);
  expect(JSON.parse(released.stdout)).toMatchObject({ held: [] });
  await expect(rename(join(state, "state/runs/r.json"), join(state, "r"))).resolves.toBeUndefined();
});

it("a way back finds its fence where the ledger was renamed since", async () => {
  const file = join(current.folder, "renamed.yaml");
  await writeFile(file, 'config: { "x:advanced": { ledger: renamed } }\n');
  await run(["apply"]);
  await run(["fence", "--at", state]);
  const renamed = ["apply", "--settings", file];
  const back = ["wayback", "--to", state, "--settings", file];
  expect(await run(renamed)).toMatchObject({ exitCode: 0 });
  const unknown = await run(back);
  expect(unknown).toMatchObject({ exitCode: 1 });
  expect(unknown.stderr).toContain("unless advanced.ledger was renamed");
  await run([...renamed, "--former-ledger", "schema_migrations"]);
  expect(await run(back)).toMatchObject({ exitCode: 0 });
});
