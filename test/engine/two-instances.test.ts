import { cp } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { generateSample } from "../../tools/sample";
import { type BorrowedServer, borrowServer } from "../pool";
import { makeProject, type TestProject } from "../project";
import { makeStack, type TestStack } from "./stack";
import { deployedMode } from "./values";

const minutes = 60_000;
const instances = ["blue", "green"] as const;
const program = `
import { Config } from "@pulumi/pulumi";
import { settingsOf, TaskRunnerStorage } from "./components/program";

const config = new Config();
for (const name of ${JSON.stringify(instances)}) {
  new TaskRunnerStorage(name, settingsOf(config.requireObject(name)));
}
`;

let project: TestProject;
let stack: TestStack;
let server: BorrowedServer;

beforeAll(async () => {
  project = await makeProject(program);
  stack = await makeStack("test", project.folder);
  server = await borrowServer();
  for (const name of instances) {
    await generateSample(join(stack.folder, name, "state"), { runs: 3 });
    await cp("tools/sample/rollout", join(stack.folder, name, "rollout"), { recursive: true });
  }
}, 15 * minutes);
afterAll(async () => {
  await server.release();
  await stack.remove();
  await project.remove();
});

type Mode = "mongo" | "filesystem";

const settings = (name: (typeof instances)[number], storageMode: Mode) => ({
  storageMode,
  mongoUri: `${server.uri}/${name}`,
  backfill: { source: { path: join(stack.folder, name, "state") } },
  rollout: {
    target: "values",
    confirm: "none",
    workerStopped: 1,
    directory: join(stack.folder, name, "rollout"),
  },
});
const modes = () =>
  Promise.all(instances.map((name) => deployedMode(join(stack.folder, name, "rollout"), "worker")));

it(
  "two environments are in one program, each in a mode of its own",
  async () => {
    const blue = settings("blue", "mongo");
    const green = settings("green", "mongo");
    await stack.configure({ blue, green });
    const up = await stack.up();
    expect(up.failed, up.output).toBe(false);
    expect(await modes()).toEqual(["mongo", "mongo"]);
    const client = await new MongoClient(server.uri).connect();
    for (const name of instances) {
      expect(await client.db(name).collection("pack_runs").countDocuments()).toBe(3);
    }
    await client.close();

    await stack.configure({ blue, green: settings("green", "filesystem") });
    const back = await stack.up();
    expect(back.failed, back.output).toBe(false);
    expect(await modes()).toEqual(["mongo", "filesystem"]);
  },
  10 * minutes,
);
