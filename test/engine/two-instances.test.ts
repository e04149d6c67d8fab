import { cp, symlink } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { type Mode, valuesStack } from "./stacks";
import { deployedMode } from "./values";

const instances = ["blue", "green"] as const;
const program = `
import { Config } from "@pulumi/pulumi";
import { settingsOf, TaskRunnerStorage } from "./components/program";

const config = new Config();
for (const name of ${JSON.stringify(instances)}) {
  new TaskRunnerStorage(name, settingsOf(config.requireObject(name)));
}
`;

const life = valuesStack({ program, runs: 0 });
beforeAll(async () => {
  for (const name of instances) {
    await generateSample(join(life.stack.folder, name, "state"), { runs: 3 });
    await cp("tools/sample/rollout", join(life.stack.folder, name, "rollout"), { recursive: true });
  }
});

const settings = (name: (typeof instances)[number], storageMode: Mode) => ({
  storageMode,
  mongoUri: `${life.server.uri}/${name}`,
  backfill: { source: { path: join(life.stack.folder, name, "state") } },
  rollout: {
    target: "values",
    confirm: "none",
    workerStopped: 1,
    directory: join(life.stack.folder, name, "rollout"),
  },
});
const modes = () =>
  Promise.all(
    instances.map((name) => deployedMode(join(life.stack.folder, name, "rollout"), "worker")),
  );

it("two environments on one state directory are refused, whatever the path is called", async () => {
  const green = settings("green", "mongo");
  const path = join(life.stack.folder, "same");
  await symlink(join(life.stack.folder, "green", "state"), path);
  const blue = { ...settings("blue", "mongo"), backfill: { source: { path } } };
  await life.stack.configure({ blue, green });
  for (const run of [await life.stack.preview(), await life.stack.up()]) {
    expect(run.failed, run.output).toBe(true);
    expect(run.output).toMatch(
      /environments blue and green have the same state directory, \S+\/green\/state/,
    );
  }
  expect(await life.stack.state()).not.toContain("pulumi-nodejs:dynamic");
});

it("two environments are in one program, each in a mode of its own", async () => {
  const blue = settings("blue", "mongo");
  const green = settings("green", "mongo");
  await life.stack.configure({ blue, green });
  await life.up();
  expect(await modes()).toEqual(["mongo", "mongo"]);
  for (const name of instances) {
    expect(await life.client.db(name).collection("pack_runs").countDocuments()).toBe(3);
  }

  // Their project's folder has no file with their settings.
  const { stdout, stderr } = await life.stack.command("status", "--json", "--instance", "blue");
  expect(stderr).toContain("Connecting to");
  expect(JSON.parse(stdout)).toMatchObject({ database: "blue", storageMode: "mongo" });

  await life.stack.configure({ blue, green: settings("green", "filesystem") });
  await life.up();
  expect(await modes()).toEqual(["mongo", "filesystem"]);
});
