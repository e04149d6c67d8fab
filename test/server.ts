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

/** Starts a server before a file's tests and stops it after them. */
export function serverForTests(options: Pick<StartOptions, "testCommands"> = {}): TestServer {
  const current = {} as { folder: string; server: MongoServer; client: MongoClient };
  beforeAll(async () => {
    current.folder = await mkdtemp(join(tmpdir(), "server-"));
    current.server = await startMongo({ directory: join(current.folder, "data"), ...options });
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
