import { rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { addFiles, run as runOf } from "../transfer/state";
import { commandsPerTest } from "./run";

const current = commandsPerTest();
let state: string;

/** Two runs: one that has steps to execute, one that is finished. */
beforeEach(async () => {
  state = join(current.location, "state");
  const finished = [{ id: "s", stepId: "s", status: "succeeded", enabled: true }];
  await addFiles(state, {
    "state/runs/open.json": JSON.stringify(runOf("open", { steps: [] })),
    "state/runs/done.json": JSON.stringify(runOf("done", { steps: finished })),
  });
});

const run = (args: readonly string[], uri = current.uri()) =>
  current.run(args, { TASKRUNNER_MONGO_URI: uri });

/** `plan --json` in a mode; the engine may write numbers and objects as texts into this file. */
async function planned(mode: string | undefined, uri?: string) {
  const file = join(current.location, `Pulumi.${mode ?? "unset"}.yaml`);
  const source = JSON.stringify({ source: { path: state } });
  const settings = { ...(mode && { storageMode: mode }), logRetentionDays: "90", backfill: source };
  const named = Object.entries(settings).map(([key, value]) => [`x:${key}`, value]);
  await writeFile(file, JSON.stringify({ config: Object.fromEntries(named) as object }));
  const seconds = uri === undefined ? "10" : "0.5";
  const asked = ["plan", "--json", "--connect-timeout", seconds, "--settings", file];
  const { stdout, exitCode } = await run(asked, uri);
  return { exitCode, found: JSON.parse(stdout) as object };
}

it("plan --json counts the files on disk by kind", async () => {
  const { size } = await stat(join(state, "state/runs/open.json"));
  const other = await stat(join(state, "state/runs/done.json"));
  const { exitCode, found } = await planned("mongo");

  expect(exitCode).toBe(2);
  expect(found).toMatchObject({
    reachable: true,
    target: { hosts: expect.stringMatching(/^[\w.]+:\d+$/) as string },
    state: {
      root: state,
      runs: { files: 2, bytes: size + other.size },
      logs: { files: 0 },
      unfinished: 1,
    },
  });
  expect(found).not.toHaveProperty("leftBehind");
});

it("plan --json names the files of runs that cannot be read", async () => {
  const file = join(state, "state/runs/cut.json");
  await writeFile(file, '{"runId": "cut", "st');
  const { found } = await planned("mongo");
  await rm(file);

  expect(found).toMatchObject({ state: { unfinished: 1, unreadable: ["state/runs/cut.json"] } });
});

it("plan --json takes a mode that is not set for MongoDB, as all commands do", async () => {
  const { found } = await planned(undefined);

  expect(found).toMatchObject({ documents: { pack_runs: 0 }, state: { unfinished: 1 } });
  expect(found).not.toHaveProperty("findings");
});

it("plan --json counts the documents, and the log entries that an expiry would delete", async () => {
  const logs = current.db.collection("pack_run_logs");
  const days = (count: number) => new Date(Date.now() - count * 86_400_000);
  await logs.insertMany([{ timestamp: days(91) }, { timestamp: days(89) }, { timestamp: days(1) }]);

  expect((await planned("mongo")).found).toMatchObject({
    documents: { pack_run_logs: 3, pack_runs: 0 },
    expiring: { entries: 1, isMore: false },
  });
});

it("plan --json says nothing of files that are not on this machine", async () => {
  await rm(state, { recursive: true });

  expect((await planned("mongo")).found).not.toHaveProperty("state");
});

it("plan --exit-zero ends with 0 where there is something to do, and not where there is no answer", async () => {
  expect((await run(["plan"])).exitCode).toBe(2);
  expect((await run(["plan", "--exit-zero"])).exitCode).toBe(0);
  expect((await run(["plan", "--exit-zero"], "")).exitCode).toBe(64);
});

it("plan --json names what each change is about", async () => {
  const { changes } = (await planned("mongo")).found as { changes: object[] };

  expect(changes[0]).toMatchObject({ kind: "create collection", collection: "pack_runs" });
  expect(changes).toContainEqual(
    expect.objectContaining({
      kind: "create index",
      collection: "pack_run_logs",
      index: "pack_run_logs_run_sequence",
    }),
  );
});

it("in filesystem mode plan --json counts what an export would write, what not, and unfinished runs", async () => {
  await run(["apply"]);
  await run(["import", "--state", state]);
  const runs = current.db.collection<{ _id: string }>("pack_runs");
  const updatedAt = new Date("2030-01-01T00:00:00Z");
  await runs.updateMany({}, { $set: { updatedAt } });
  const changed = runOf("open", { steps: [], planHash: "changed" });
  await addFiles(state, { "state/runs/open.json": JSON.stringify(changed) });

  const { found } = await planned("filesystem");
  expect(found).toMatchObject({
    reachable: true,
    leftBehind: {
      exported: { runs: 1, logs: 0, artifacts: 0, approvals: 0 },
      conflicts: 1,
      unfinished: 1,
    },
  });
});

it("in filesystem mode plan does without MongoDB, and counts the unfinished runs", async () => {
  const nobody = "mongodb://127.0.0.1:1/taskrunner";
  expect(await planned("filesystem", nobody)).toMatchObject({
    exitCode: 0,
    found: {
      reachable: false,
      changes: [],
      findings: [{ code: "would-not-export" }, { code: "would-hold", facts: { unfinished: 1 } }],
    },
  });
  expect(await planned("filesystem", "")).toMatchObject({ exitCode: 0 });
  expect(await planned("mongo", nobody)).toMatchObject({
    exitCode: 1,
    found: { error: { code: "connection" } },
  });
});
