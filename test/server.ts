import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { type BorrowedDatabases, borrowDatabases, type DatabasesOptions } from "./pool";

/** A server that a file's tests have for themselves. */
export interface TestServer {
  /** A temporary folder, which goes with the server. */
  readonly folder: string;
  readonly server: BorrowedDatabases;
  readonly client: MongoClient;
}

/** Borrows an empty server before a file's tests and gives it back after them. */
export function serverForTests(options: DatabasesOptions = {}): TestServer {
  const current = {} as { folder: string; server: BorrowedDatabases; client: MongoClient };
  beforeAll(async () => {
    current.folder = await mkdtemp(join(tmpdir(), "server-"));
    current.server = await borrowDatabases(options);
    current.client = await new MongoClient(current.server.uri, { retryWrites: false }).connect();
  });
  afterAll(async () => {
    await current.client.close();
    await current.server.release();
    await rm(current.folder, { recursive: true });
  });
  return current;
}

/** A server for a file's tests, and a new, empty database for each of them. */
export function emptyDatabasePerTest(
  options: DatabasesOptions = {},
): TestServer & { readonly db: Db } {
  const current = serverForTests(options) as TestServer & { db: Db };
  let databases = 0;
  beforeEach(() => {
    current.db = current.client.db(`test_${++databases}`);
  });
  return current;
}
