import { cp } from "node:fs/promises";
import { join } from "node:path";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startMongo, type MongoServer } from "../../tools/parts";
import { makeStack, type TestStack } from "./stack";

const minutes = 60_000;
const first = "first-pass-word";
const second = "second-pass-word";

let stack: TestStack;
let server: MongoServer;
let admin: MongoClient;

beforeAll(async () => {
  stack = await makeStack();
  const directory = join(stack.folder, "data");
  const open = await startMongo({ directory });
  const client = await new MongoClient(open.uri).connect();
  const users = client.db("admin");
  const roles = ["readWrite", "dbAdmin"].map((role) => ({ role, db: "taskrunner" }));
  await users.command({ createUser: "migrator", pwd: first, roles });
  await users.command({ createUser: "root", pwd: "root", roles: ["root"] });
  await client.close();
  await open.stop();
  server = await startMongo({ directory, auth: true });
  admin = await new MongoClient(`mongodb://root:root@127.0.0.1:${server.port}/`).connect();
  await cp("tools/sample/rollout", join(stack.folder, "rollout"), { recursive: true });
}, 15 * minutes);
afterAll(async () => {
  await admin.close();
  await server.stop();
  await stack.remove();
});

const configure = (password: string) =>
  stack.configure({
    mongoUri: `mongodb://migrator:${password}@127.0.0.1:${server.port}/taskrunner?authSource=admin`,
    rollout: { target: "values", directory: join(stack.folder, "rollout"), confirm: "none" },
  });

it(
  "a refresh with a rotated password keeps the state and says so",
  async () => {
    await configure(first);
    expect(await stack.up()).toMatchObject({ failed: false });
    await admin.db("admin").command({ updateUser: "migrator", pwd: second });

    const refresh = await stack.pulumi("refresh", "--yes", "--skip-preview");
    expect(refresh.failed).toBe(false);
    expect(refresh.output).toMatch(/pack_runs .*127\.0\.0\.1.*\[not-refreshed\]/);
    expect(refresh.output).toMatch(/Resources:\n\s+\d+ unchanged/);
  },
  3 * minutes,
);

it(
  "the new password is an update that touches no collection, and then refresh works",
  async () => {
    await configure(second);
    const before = await admin.db("taskrunner").collection("schema_migrations").find().toArray();
    const up = await stack.up();

    expect(up.failed).toBe(false);
    expect(await admin.db("taskrunner").collection("schema_migrations").find().toArray()).toEqual(
      before,
    );
    const refresh = await stack.pulumi("refresh", "--yes", "--skip-preview");
    expect(refresh.output).not.toContain("[not-refreshed]");
  },
  3 * minutes,
);

it("neither password is in the state", async () => {
  const state = await stack.state();

  expect(state).toContain("ciphertext");
  expect(state).not.toContain(first);
  expect(state).not.toContain(second);
});
