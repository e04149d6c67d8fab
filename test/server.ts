import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MongoClient, type Db, type MongoClientOptions } from "mongodb";
import { afterAll, beforeAll, beforeEach } from "vitest";
import {
  type BorrowedDatabases,
  type BorrowedServer,
  borrowDatabases,
  borrowServer,
  type DatabasesOptions,
} from "./pool";

/** A server that a file's tests have for themselves. */
export interface TestServer<Server extends BorrowedDatabases = BorrowedDatabases> {
  /** A temporary folder, which goes with the server. */
  readonly folder: string;
  readonly server: Server;
  readonly client: MongoClient;
}

/** A new, empty database and the path of a folder for each test; the folder does not exist yet. */
export interface TestDatabase {
  readonly db: Db;
  readonly root: string;
}

export interface ServerOptions extends DatabasesOptions {
  /** Options of the client. */
  readonly client?: MongoClientOptions;
}

/** Borrows an empty server before a file's tests and gives it back after them. */
export function serverForTests({
  client = { retryWrites: false },
  ...options
}: ServerOptions = {}): TestServer {
  return whileTested(() => borrowDatabases(options), client);
}

/** The same with a server of this project's parts, which the tests may stop and start. */
export function stoppableServerForTests(): TestServer<BorrowedServer> {
  return whileTested(borrowServer);
}

/** A server for a file's tests, and a database and a folder for each of them. */
export function emptyDatabasePerTest(options: ServerOptions = {}): TestServer & TestDatabase {
  return perTest(serverForTests(options));
}

/** Gives each test a database and a folder of the file's server. */
export function perTest<Server extends TestServer>(server: Server): Server & TestDatabase {
  const current = server as Server & { db: Db; root: string };
  let tests = 0;
  beforeEach(() => {
    const name = `test_${++tests}`;
    current.db = current.client.db(name);
    current.root = join(current.folder, name);
  });
  return current;
}

function whileTested<Server extends BorrowedDatabases>(
  borrow: () => Promise<Server>,
  options?: MongoClientOptions,
): TestServer<Server> {
  const current = {} as { folder: string; server: Server; client: MongoClient };
  beforeAll(async () => {
    current.folder = await mkdtemp(join(tmpdir(), "server-"));
    current.server = await borrow();
    current.client = await new MongoClient(current.server.uri, options).connect();
  });
  afterAll(async () => {
    await current.client.close();
    await current.server.release();
    await rm(current.folder, { recursive: true });
  });
  return current;
}
