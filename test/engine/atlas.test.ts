import { cp } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { generateSample } from "../../sample";
import { startMongo, type MongoServer } from "../../tools/parts";
import { atlasFor, type PlayedAtlas } from "../atlas/atlas";
import type { RoomSettings } from "../atlas/plugin/room";
import { makeStack, type Run, type TestStack } from "./stack";

const minutes = 60_000;

let stack: TestStack;
let server: MongoServer;
let admin: MongoClient;
let atlas: PlayedAtlas;
const printed: string[] = [];

beforeAll(async () => {
  stack = await makeStack();
  atlas = await atlasFor(stack);
  const directory = join(stack.folder, "data");
  const open = await startMongo({ directory });
  const client = await new MongoClient(open.uri).connect();
  await client.db("admin").command({ createUser: "root", pwd: "root", roles: ["root"] });
  await client.close();
  await open.stop();
  server = await startMongo({ directory, auth: true });
  admin = await new MongoClient(adminUri()).connect();
  await generateSample(join(stack.folder, "state"), { runs: 5 });
  await cp("sample/rollout", join(stack.folder, "rollout"), { recursive: true });
}, 15 * minutes);
afterAll(async () => {
  await admin.close();
  await server.stop();
  await stack.remove();
});

const adminUri = () => `mongodb://root:root@127.0.0.1:${server.port}/`;
const play = (fail: string[] = [], more: Partial<RoomSettings> = {}) =>
  atlas.play({ host: `127.0.0.1:${server.port}`, admin: adminUri(), fail, ...more });

const cluster = {
  kind: "atlas",
  project: { name: "task-runner", orgId: "5f0000000000000000000002" },
  provider: "AWS",
  regions: [{ name: "EU_CENTRAL_1" }],
  accessList: [
    { address: "203.0.113.7", comment: "the engine" },
    { range: "198.51.100.0/24", expires: "2020-01-31" },
  ],
};

const configure = (more: object = {}, storageMode: "mongo" | "filesystem" = "mongo") =>
  stack.configure({
    storageMode,
    cluster: { ...cluster, ...more },
    backfill: { source: { path: join(stack.folder, "state") } },
    rollout: { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" },
  });

async function printedBy(running: Promise<Run>): Promise<Run> {
  const run = await running;
  printed.push(run.output);
  return run;
}

async function succeeded(running: Promise<Run>): Promise<string> {
  const { output, failed } = await printedBy(running);
  expect(failed, output).toBe(false);
  return output;
}

const databases = async () =>
  (await admin.db("admin").admin().listDatabases()).databases.map(({ name }) => name);
const userNames = async () => {
  const { users } = await admin.db("admin").command({ usersInfo: 1 });
  return (users as { user: string }[]).map(({ user }) => user).sort();
};
const loggedInAs = async (user: string) => {
  const password = (await atlas.passwords()).get(user) ?? "";
  const uri = `mongodb://${user}:${password}@127.0.0.1:${server.port}/?authSource=admin`;
  return new MongoClient(uri).connect();
};

describe("a stack with a cluster of Atlas", () => {
  it(
    "shows everything as to be created, and connects to nothing",
    async () => {
      await play();
      await configure();
      const output = await succeeded(stack.preview());

      for (const made of [
        "mongodbatlas:index/project:Project",
        "mongodbatlas:index/advancedCluster:AdvancedCluster",
        "mongodbatlas:index/cloudBackupSchedule:CloudBackupSchedule",
        "mongodbatlas:index/projectIpAccessList:ProjectIpAccessList",
        "mongodbatlas:index/customDbRole:CustomDbRole",
        "mongodbatlas:index/databaseUser:DatabaseUser",
        "pulumi-nodejs:dynamic/mongo:Collection",
        "pulumi-nodejs:dynamic/mongo:Index",
        "pulumi-nodejs:dynamic/mongo:Import",
        "pulumi-nodejs:dynamic/mongo:Verification",
      ]) {
        expect(output).toContain(`+ ${made}: (create)`);
      }
      expect(output).toMatch(/Resources:\n\s+\+ \d+ to create$/);
      expect(output).not.toMatch(/warning|198\.51\.100/);
      expect(await atlas.calls()).toEqual([]);
      expect(await databases()).not.toContain("taskrunner");
    },
    3 * minutes,
  );

  it(
    "stops where Atlas fails, before the database and the services, and goes on from there",
    async () => {
      await play(["create DatabaseUser application"]);
      const { output, failed } = await printedBy(stack.up());
      expect(failed).toBe(true);
      expect(output).toContain("Atlas answers 500 to create DatabaseUser application");
      const before = await atlas.calls();
      expect(before).toContain("create AdvancedCluster cluster");
      expect(await databases()).not.toContain("taskrunner");

      await play();
      await succeeded(stack.up());
      const after = await atlas.calls();
      expect(after).toContain("create DatabaseUser application");
      expect(after.filter((call) => before.includes(call))).toEqual([
        "create DatabaseUser application",
      ]);
      expect(await stack.outputs()).toMatchObject({
        database: "taskrunner",
        verification: { holds: true },
      });
    },
    6 * minutes,
  );

  it("gives each user what it needs and no more", async () => {
    expect(await userNames()).toEqual([
      "root",
      "taskrunner-application-1",
      "taskrunner-migrator-1",
    ]);
    const application = await loggedInAs("taskrunner-application-1");
    const database = application.db("taskrunner");

    expect(await database.collection("pack_runs").countDocuments()).toBe(5);
    await expect(database.createCollection("more")).rejects.toThrow(/not authorized|privilege/);
    await application.close();
  });

  it(
    "changes nothing a second time",
    async () => {
      expect(await succeeded(stack.up())).toMatch(/Resources:\n\s+\d+ unchanged\n/);
      expect(await atlas.calls()).toEqual([]);
    },
    2 * minutes,
  );

  it(
    "changes the size in place, and the preview shows that alone",
    async () => {
      await configure({ instanceSize: "M20" });
      const preview = await succeeded(stack.preview());
      expect(preview).toContain('~ instanceSize: "M10" => "M20"');
      expect(preview).toMatch(/Resources:\n\s+~ 1 to update\n\s+\d+ unchanged$/);

      expect(await succeeded(stack.up())).toMatch(/Resources:\n\s+~ 1 updated\n/);
      expect(await atlas.calls()).toEqual(["update AdvancedCluster cluster"]);
    },
    4 * minutes,
  );

  it(
    "rotates both users: new ones first, the services' reference, the old ones last",
    async () => {
      await configure({ instanceSize: "M20", passwordVersion: 2 });
      const preview = await succeeded(stack.preview());
      expect(preview).toContain('"taskrunner-application-1" => "taskrunner-application-2"');
      expect(preview).toMatch(/~ pulumi-nodejs:dynamic\/mongo:ConnectionStrings: \(update\)/);

      await succeeded(stack.up());
      expect(await atlas.calls()).toEqual([
        expect.stringMatching(/^create DatabaseUser/),
        expect.stringMatching(/^create DatabaseUser/),
        expect.stringMatching(/^delete DatabaseUser/),
        expect.stringMatching(/^delete DatabaseUser/),
      ]);
      expect(await userNames()).toEqual([
        "root",
        "taskrunner-application-2",
        "taskrunner-migrator-2",
      ]);
    },
    4 * minutes,
  );

  it(
    "goes back to files while neither Atlas nor MongoDB answers, also after a failed change",
    async () => {
      await play(["update", "create", "delete"]);
      await configure({ instanceSize: "M30", passwordVersion: 2 });
      expect(await printedBy(stack.up())).toMatchObject({ failed: true });
      await server.stop();
      await configure({ instanceSize: "M30", passwordVersion: 2 }, "filesystem");
      const preview = await succeeded(stack.preview());
      expect(preview).not.toMatch(/[~+-] mongodbatlas:|[~+-] pulumi-nodejs:dynamic\/mongo:/);
      expect(preview).toContain("MongoDB is out of reach");
      await atlas.calls();

      await succeeded(stack.up());
      expect(await atlas.calls()).toEqual([]);
      expect(await stack.outputs()).toMatchObject({ rollout: { worker: { mode: "filesystem" } } });
    },
    6 * minutes,
  );

  it(
    "refuses to be destroyed, with nothing deleted",
    async () => {
      server = await startMongo({
        directory: join(stack.folder, "data"),
        port: server.port,
        auth: true,
      });
      await play();
      await configure({ instanceSize: "M30", passwordVersion: 2 });
      await succeeded(stack.up());
      await atlas.calls();

      const { output, failed } = await printedBy(
        stack.pulumi("destroy", "--yes", "--skip-preview"),
      );
      expect(failed).toBe(true);
      expect(output).toContain("AdvancedCluster");
      expect(output).toContain("protect");
      expect(await atlas.calls()).toEqual([]);
    },
    6 * minutes,
  );

  it("shows no password in anything printed, nor in the state", async () => {
    const passwords = [...(await atlas.passwords()).values()];
    const state = await stack.state();

    expect(passwords).toHaveLength(4);
    for (const password of passwords) {
      expect(password).toMatch(/^[\w-]{32}$/);
      expect([state, ...printed].join("\n")).not.toContain(password);
    }
    expect(state).not.toMatch(/mongodb:\/\/taskrunner/);
  });

  it(
    "without protection is forgotten when the stack is destroyed, and stays in Atlas with its users",
    async () => {
      await configure({ instanceSize: "M30", passwordVersion: 2, protection: false });
      await succeeded(stack.up());
      await atlas.calls();

      await succeeded(stack.pulumi("destroy", "--yes", "--skip-preview"));
      expect(await atlas.calls()).toEqual([]);
      expect(await userNames()).toContain("taskrunner-application-2");
      expect(await databases()).toContain("taskrunner");
    },
    6 * minutes,
  );
});
