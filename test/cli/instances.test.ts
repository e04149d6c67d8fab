import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { commandsPerTest } from "./run";

const current = commandsPerTest();
const variables = { TASKRUNNER_MONGO_URI: undefined };
const file = ["--settings", "Pulumi.two.yaml"];
const write = (config: object) =>
  writeFile(join(current.location, "Pulumi.two.yaml"), JSON.stringify({ config }));

beforeEach(async () => {
  const rollout = { target: "values", directory: "deploy", confirm: "none" };
  const green = { storageMode: "filesystem", mongoUri: current.uri(), rollout };
  await write({
    "taskrunner-storage:blue": { storageMode: "mongo", mongoUri: { secure: "v1" }, rollout },
    // As Pulumi gives a section.
    "taskrunner-storage:green": JSON.stringify(green),
    "other:key": "1",
  });
});

it("a command takes the environment that --instance names, with its connection string", async () => {
  const args = ["status", "--json", ...file, "--instance", "green"];
  const { exitCode, stdout } = await current.run(args, variables);
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ storageMode: "filesystem" });

  const blue = await current.run(["status", ...file, "--instance", "blue"], variables);
  expect(blue.stderr).toContain("mongoUri of Pulumi.two.yaml is encrypted");
});

it.each([
  ["none of several", [...file], "--instance names none of them: blue, green"],
  ["an unknown one", [...file, "--instance", "red"], "--instance names none of them: blue, green"],
  ["one without settings", ["--instance", "blue"], "name their stack with --stack"],
])("--instance with %s is wrong usage: 64", async (_name, args, words) => {
  const { exitCode, stderr } = await current.run(["script", ...args], variables);
  expect(exitCode).toBe(64);
  expect(stderr).toContain(words);
});

it("--instance is refused for a stack that has one environment, and for one that cannot be decrypted", async () => {
  const asked = ["script", ...file, "--instance", "blue"];
  await write({ "taskrunner-storage:storageMode": "mongo" });
  expect((await current.run(asked)).stderr).toContain("leave out --instance");
  await write({ "taskrunner-storage:blue": { secure: "v1" } });
  expect((await current.run(asked)).stderr).toContain("taskrunner-storage:blue is secret");
});
