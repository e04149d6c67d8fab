import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { Long } from "mongodb";
import { expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { diff } from "../../components/migration/planner/diff";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { commandsPerTest } from "./run";

const current = commandsPerTest();
const run = (...args: string[]) => current.run(args);

it("plan says 2, apply does it, plan says 0", async () => {
  const planned = await run("plan");
  expect(planned.exitCode).toBe(2);
  expect(planned.stdout).toMatch(/create index pack_run_logs_run_sequence .* unique$/m);
  expect((await run("apply")).exitCode).toBe(0);
  expect(await run("plan")).toMatchObject({
    exitCode: 0,
    stdout: `Database ${current.db.databaseName}: nothing to do.`,
  });
  expect(diff(buildSchema(documentOptions), await observe(current.db))).toEqual([]);
});

it("a duplicate blocks with 3, and nothing is changed", async () => {
  const entry = { runId: "r", sequence: Long.fromNumber(1) };
  await current.db.collection("pack_run_logs").insertMany([{ ...entry }, { ...entry }]);

  expect((await run("plan")).exitCode).toBe(3);
  const applied = await run("apply");
  expect(applied.exitCode).toBe(3);
  expect(applied.stderr).toContain('runId "r", sequence 1');
  expect([...(await observe(current.db)).keys()]).toEqual(["pack_run_logs"]);
});

it("with onDataIssue: report what can be done is done", async () => {
  const entry = { runId: "r", sequence: Long.fromNumber(1) };
  await current.db.collection("pack_run_logs").insertMany([{ ...entry }, { ...entry }]);
  const settings = join(current.location, "Pulumi.report.yaml");
  await writeFile(settings, "config:\n  x:migration: { onDataIssue: report }\n");

  expect((await run("apply", "--settings", settings)).exitCode).toBe(0);
  const left = diff(buildSchema(documentOptions), await observe(current.db));
  expect(left.map(({ kind }) => kind)).toEqual(["modify validator", "create index"]);
});

it("plan --json is one value with every command", async () => {
  const { changes } = JSON.parse((await run("plan", "--json")).stdout) as {
    changes: { commands: object[] }[];
  };

  expect(changes).toHaveLength(14);
  expect(changes[12]?.commands).toEqual([
    {
      createIndexes: "pack_run_approvals",
      indexes: [{ key: { runId: 1, status: 1 }, name: "pack_run_approvals_run_status" }],
    },
  ]);
});

it("apply and script print one value too", async () => {
  const { stdout } = await run("apply", "--json");
  expect(JSON.parse(stdout)).toMatchObject({
    appliedAt: expect.stringMatching(/^20.*Z$/) as string,
  });
  expect(JSON.parse((await run("script", "--json")).stdout)).toHaveProperty("script");
});

it("status shows the ledger, the drift and the counts", async () => {
  await run("apply");
  await current.db.collection("pack_runs").dropIndex("pack_runs_updatedAt_desc");

  const { stdout, exitCode } = await run("status");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/migration {2}20251106-task-runner-baseline, finished 20\d\d-/);
  expect(stdout).toContain("cutover    none: no cutover was recorded\n");
  expect(stdout).toContain("drift      1 changes");
});

it("the script does what apply does, and names the specification's reason for each index", async () => {
  const { stdout } = await run("script");
  const recorded: object[] = [];
  const target = {
    runCommand: (command: object) => {
      recorded.push(command);
      return { ok: 1 };
    },
    getCollectionInfos: () => [],
    getCollection: () => ({ updateOne: () => undefined }),
  };
  runInNewContext(stdout, {
    db: { getSiblingDB: () => target, hello: () => ({}) },
    print: () => undefined,
  });

  const { changes } = JSON.parse((await run("plan", "--json")).stdout) as {
    changes: { commands: object[] }[];
  };
  expect(JSON.parse(JSON.stringify(recorded))).toEqual(changes.flatMap(({ commands }) => commands));
  expect(stdout).toContain("// serves GET /runs listings and staleness checks\nrun({");
});
