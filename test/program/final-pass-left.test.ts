import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { stringify } from "yaml";
import { runCommand } from "../cli/run";
import { addFiles, approval, run } from "../transfer/state";
import { lifeForTests, takeRun } from "./life";

const life = lifeForTests({ runs: 2 });
const importLast = /`taskrunner-storage import --cutover-pass final`\. \[final-pass-left\]/;
const exportLast = /`taskrunner-storage export`\. \[final-pass-left\]/;
const none = /final-pass-left/;

/** A command with the stack's settings. */
async function command(...args: readonly string[]) {
  const settings = {
    backfill: { source: { path: life.root } },
    rollout: { target: "values", directory: life.directory, confirm: "none" },
  };
  const config = Object.entries(settings).map(([key, value]) => [
    `taskrunner-storage:${key}`,
    value,
  ]);
  const file = join(life.stack.folder, "Pulumi.settings.yaml");
  await writeFile(file, stringify({ config: Object.fromEntries(config) as object }));
  const env = { TASKRUNNER_MONGO_URI: `${life.server.uri}/${life.db.databaseName}` };
  return runCommand([...args, "--settings", file], env, life.stack.folder);
}

/** What `status` and a preview say, each without its own frame. */
async function told(): Promise<readonly [status: string, preview: string]> {
  return [(await command("status")).stdout, (await life.stack.preview()).output];
}

async function up(storageMode: "mongo" | "filesystem"): Promise<void> {
  await life.configure({ storageMode });
  const done = await life.stack.up();
  expect(done.failed, done.output).toBe(false);
}

const approvals = (status: string) =>
  addFiles(life.root, { "state/approvals/late.json": [approval("owners", { status })] });

beforeEach(async () => {
  await addFiles(life.root, { "state/runs/late.json": run("late") });
});

it("says which command is left until it was run, forward and back", async () => {
  await approvals("pending");
  await up("filesystem");
  expect((await told()).join("\n")).not.toMatch(none);
  await up("mongo");

  // Web works on files until somebody deploys it.
  await takeRun(life.root, "taken");
  await approvals("approved");
  const [status, preview] = await told();
  expect(status).toMatch(/left .*`taskrunner-storage import --cutover-pass final`/);
  expect(JSON.parse((await command("status", "--json")).stdout)).toMatchObject({
    finalPassLeft: "import",
  });
  expect(preview).toMatch(importLast);

  expect((await command("import", "--cutover-pass", "final")).exitCode).toBe(0);
  expect((await told()).join("\n")).not.toMatch(none);
  const inMongo = (name: string) => life.db.collection<{ _id: string }>(name);
  expect(await inMongo("pack_run_approvals").countDocuments({ status: "approved" })).toBe(1);
  expect(await inMongo("pack_runs").countDocuments({ _id: "taken" })).toBe(1);

  await up("filesystem");
  expect((await told())[1]).toMatch(exportLast);
  expect((await told())[0]).toMatch(/left .*`taskrunner-storage export`/);
  expect((await command("export")).exitCode).toBe(0);
  expect((await told()).join("\n")).not.toMatch(none);
});

it("a dry run, or another pass, is no final pass", async () => {
  await up("mongo");
  await command("import", "--cutover-pass", "final", "--dry-run");
  await command("import");
  expect((await told())[1]).toMatch(importLast);
  await command("verify");
  expect((await told())[1]).toMatch(importLast);
});
