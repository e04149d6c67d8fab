import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { MongoClient } from "mongodb";
import { afterAll, beforeAll, expect, it } from "vitest";
import { providers } from "../../components/cluster/provider";
import { untilLoggedIn } from "../../components/cluster/log-in";
import { databaseAt } from "../../components/mongo";
import type { MongoServer } from "../../tools/parts";
import { serverWithLogins } from "../atlas/site";

const { ServerCheck } = providers;
let folder: string;
let server: MongoServer;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "log-in-"));
  server = await serverWithLogins(join(folder, "data"));
}, 60_000);
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true });
});

const address = (user: string) => ({
  uri: `mongodb://${user}:pw-of-user@127.0.0.1:${server.port}/runs?authSource=admin`,
  database: "runs",
});

async function create(user: string): Promise<void> {
  const client = await new MongoClient(`mongodb://root:root@127.0.0.1:${server.port}/`).connect();
  await client.db("admin").command({ createUser: user, pwd: "pw-of-user", roles: [] });
  await client.close();
}

const patience = { timeoutMs: 20_000, delayMs: 50 };

it("waits for a user that the server does not know yet", async () => {
  const printed: string[] = [];
  const waiting = untilLoggedIn(address("late"), patience, (line) => printed.push(line));
  await sleep(500);
  await create("late");
  await waiting;

  expect(printed).toEqual([
    expect.stringMatching(`^user late: cannot .* 127\\.0\\.0\\.1:${server.port} `),
    expect.stringMatching(/^user late: can log in/),
  ]);
});

it("gives up after a while, and names the user and the hosts, not the password", async () => {
  const error: unknown = await untilLoggedIn(
    address("missing"),
    { timeoutMs: 200, delayMs: 50 },
    () => undefined,
  ).catch((error: unknown) => error);

  expect(error).toMatchObject({ name: "Unfinished", results: undefined });
  const text = String(error);
  expect(text).toContain("user missing, which this stack created,");
  expect(text).toContain(`127.0.0.1:${server.port} refused the user or the password`);
  expect(text).not.toContain("pw-of-user");
});

it("a server that refuses the user stops an update before any change", async () => {
  const check = ServerCheck.create({ ...address("missing"), collections: [] });
  await expect(check).rejects.toThrow(/mongoUri.* Neither data nor services were changed\.$/);
});

it.each([
  [undefined, "mongoUri"],
  ["TASKRUNNER_MONGO_URI", "TASKRUNNER_MONGO_URI"],
])("a refused password is one of where the string comes from, %s", async (source, named) => {
  const wrong = { ...address("missing"), ...(source !== undefined && { source }) };
  const words = `127.0.0.1:${server.port} refused the user or the password of ${named}. Check both`;
  await expect(databaseAt(wrong)).rejects.toThrow(words);
});
