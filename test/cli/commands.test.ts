import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { execa } from "execa";
import { Long } from "mongodb";
import { expect, it } from "vitest";
import { buildSchema } from "../../components/contract";
import { diff } from "../../components/migration/planner/diff";
import { observe } from "../../components/migration/planner/observe";
import { documentOptions } from "../contract/options";
import { emptyDatabasePerTest } from "../server";
import { bundledCommands } from "./bundled";

const current = emptyDatabasePerTest();

const bin = bundledCommands();

async function run(...args: string[]) {
  const env = { TASKRUNNER_MONGO_URI: `${current.server.uri}/${current.db.databaseName}` };
  const options = { env, cwd: current.folder, reject: false } as const;
  const { stdout, stderr, exitCode } = await execa("node", [bin, ...args], options);
  return { stdout, stderr, exitCode };
}

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

it.each([
  ["apply", 0],
  ["plan", 2],
])("%s reads a pipe of --uri-file, which can be read once", async (command, status) => {
  const settings = join(current.folder, "Pulumi.files.yaml");
  await writeFile(settings, "config:\n  x:storageMode: filesystem\n");
  const line = `node "$BIN" ${command} --settings ${settings} --uri-file <(printf %s "$URI")`;
  const env = { BIN: bin, URI: `${current.server.uri}/${current.db.databaseName}` };
  const options = { env, cwd: current.folder, reject: false, timeout: 30_000 } as const;
  const { exitCode, stderr } = await execa("bash", ["-c", line], options);

  expect(exitCode, stderr).toBe(status);
});

it("the commands and options that only Jobs called are gone, and step is in no help", async () => {
  const { stdout } = await run("--help");
  expect(stdout).toContain("  export ");
  expect(stdout).not.toMatch(/^ {2}(fence|wayback|expiry|step) /m);
  for (const name of ["fence", "wayback", "expiry"]) {
    expect((await run(name)).stderr).toContain(`unknown command '${name}'`);
  }
  for (const option of ["--follows", "--identity", "--former-ledger"]) {
    expect((await run("apply", option, "x")).stderr).toContain(`unknown option '${option}'`);
  }
  expect(await current.db.listCollections().toArray()).toEqual([]);
}, 60_000);

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
  const settings = join(current.folder, "Pulumi.report.yaml");
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

it("status shows the ledger, the drift and the counts", async () => {
  await run("apply");
  await current.db.collection("pack_runs").dropIndex("pack_runs_updatedAt_desc");

  const { stdout, exitCode } = await run("status");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(/migration {2}20251106-task-runner-baseline, finished 20\d\d-/);
  expect(stdout).toContain("fence      none: no cutover came as far\n");
  expect(stdout).toContain("drift      1 changes");
});

it("an unreachable server is an error without the password", async () => {
  const env = { TASKRUNNER_MONGO_URI: "mongodb://migrator:geheim@127.0.0.1:1/taskrunner" };
  const { stderr, exitCode } = await execa("node", [bin, "status"], { env, reject: false });

  expect(exitCode).toBe(1);
  expect(stderr).toContain("127.0.0.1:1 failed");
  expect(stderr).not.toContain("geheim");
}, 30_000);

it("the script does what apply does, and names the document's reason for each index", async () => {
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
