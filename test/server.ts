import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { startMongo, type MongoServer, type StartOptions } from "../tools/parts";

/** A server that runs while a file's tests do. */
export interface TestServer {
  /** A temporary folder, which goes with the server. */
  readonly folder: string;
  readonly server: MongoServer;
  readonly client: MongoClient;
}

/**
 * A server for the tests of a file: one that is started for them, or the one of TEST_MONGODB_URI,
 * emptied. Nothing but tests may use that one, so it has to be on this machine. Tests that need
 * fail points, or end a server, start their own all the same.
 */
export async function testServer(options: StartOptions): Promise<MongoServer> {
  const { TEST_MONGODB_URI: uri = "" } = process.env;
  if (uri === "" || options.testCommands) return startMongo(options);
  const { hostname, port } = new URL(uri);
  if (!["127.0.0.1", "localhost"].includes(hostname)) {
    throw new Error(
      "TEST_MONGODB_URI is no server of this machine: every database on it is dropped.",
    );
  }
  const client = await new MongoClient(uri).connect();
  try {
    const { databases } = await client.db().admin().listDatabases({ nameOnly: true });
    const own = databases.filter(({ name }) => !["admin", "config", "local"].includes(name));
    for (const { name } of own) await client.db(name).dropDatabase();
    const { version } = (await client.db("admin").command({ buildInfo: 1 })) as { version: string };
    const stop = () => Promise.resolve();
    return { uri, port: Number(port), pid: 0, name: `MongoDB ${version}`, kind: "mongod", stop };
  } finally {
    await client.close();
  }
}

/** Starts a server before a file's tests and stops it after them. */
export function serverForTests(options: Pick<StartOptions, "testCommands"> = {}): TestServer {
  const current = {} as { folder: string; server: MongoServer; client: MongoClient };
  beforeAll(async () => {
    current.folder = await mkdtemp(join(tmpdir(), "server-"));
    current.server = await testServer({ directory: join(current.folder, "data"), ...options });
    current.client = await new MongoClient(current.server.uri, { retryWrites: false }).connect();
  });
  afterAll(async () => {
    await current.client.close();
    await current.server.stop();
    await rm(current.folder, { recursive: true });
  });
  return current;
}

/** A server for a file's tests, and a new, empty database for each of them. */
export function emptyDatabasePerTest(): TestServer & { readonly db: Db } {
  const current = serverForTests() as TestServer & { db: Db };
  let databases = 0;
  beforeEach(() => {
    current.db = current.client.db(`test_${++databases}`);
  });
  return current;
}
