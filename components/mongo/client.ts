import {
  MongoClient,
  ReadConcern,
  type Db,
  type MongoClientOptions,
  type Timestamp,
} from "mongodb";
import { ConnectionString } from "mongodb-connection-string-url";
import { ConnectionError, type DatabaseAddress } from "./server";

export interface ConnectionOptions {
  /** Server selection timeout in ms; default 30,000. */
  readonly selectionTimeoutMs?: number;
}

/** Timeout of a preview, which works even if the server is unreachable. */
export const previewTimeout: ConnectionOptions = { selectionTimeoutMs: 4_000 };

/** MongoDB's default, longer than a typical election (12 s). */
const defaultSelectionTimeoutMs = 30_000;

/** Without a limit, a write would wait forever for a missing majority. */
const writeTimeoutMs = 60_000;

/**
 * Options that override the connection string, because correctness needs them: the primary answers reads with
 * data that a majority has, and an acknowledged write survives a failover.
 *
 * @see https://www.mongodb.com/docs/manual/reference/connection-string-options/
 */
const safety = {
  readPreference: "primary",
  readConcern: { level: "majority" },
  writeConcern: { w: "majority", journal: true, wtimeoutMS: writeTimeoutMs },
  retryReads: true,
  retryWrites: true,
} as const satisfies MongoClientOptions;

/** The write concern of `db.command`, to which the driver adds none. */
export const commandWriteConcern = { w: "majority", j: true, wtimeout: writeTimeoutMs } as const;

/** URI options, in lower case, that would override `safety`, pick a secondary or cut off long commands. */
const overriddenOptions = new Set([
  "readpreference",
  "readpreferencetags",
  "maxstalenessseconds",
  "readconcernlevel",
  "w",
  "wtimeout",
  "wtimeoutms",
  "j",
  "journal",
  "fsync",
  "retryreads",
  "retrywrites",
  "directconnection",
  "sockettimeoutms",
  "maxpoolsize",
]);

/** The name by which a server lists this program's connections. */
export const ownAppName = "taskrunner-storage";

const clients = new Map<string, Promise<MongoClient>>();

/**
 * Connects to the database at an address. Calls with the same URI and timeout share a client.
 *
 * @throws ConnectionError if no server answers or the log-in fails
 */
export async function databaseAt(
  address: DatabaseAddress,
  options: ConnectionOptions = {},
): Promise<Db> {
  // A preview's client has too short a timeout for later work.
  const key = `${options.selectionTimeoutMs ?? defaultSelectionTimeoutMs} ${address.uri}`;
  const client = clients.get(key) ?? openClient(address, options);
  clients.set(key, client);
  try {
    return (await client).db(address.database);
  } catch (error) {
    clients.delete(key);
    throw error;
  }
}

/** The same database, with reads that wait until a majority has reached this operation time, even after a failover. */
export function readingAfter({ client, databaseName }: Db, afterClusterTime: Timestamp): Db {
  // The driver offers `afterClusterTime` only in a session, and a session does not allow concurrent reads.
  const readConcern = Object.assign(new ReadConcern("majority"), { afterClusterTime });
  return client.db(databaseName, { readConcern });
}

/**
 * Runs `work` on a connection of its own and closes it afterwards, because another caller might close a shared
 * client meanwhile.
 *
 * @throws ConnectionError if no server answers or the log-in fails
 */
export async function onOwnConnection<Result>(
  address: DatabaseAddress,
  work: (database: Db) => Promise<Result>,
  options: ConnectionOptions = {},
): Promise<Result> {
  const client = await openClient(address, options);
  try {
    return await work(client.db(address.database));
  } finally {
    await client.close();
  }
}

async function openClient(
  address: DatabaseAddress,
  options: ConnectionOptions,
): Promise<MongoClient> {
  const { selectionTimeoutMs = defaultSelectionTimeoutMs } = options;
  // The CA's text, which a ConfigMap provides; `tlsCAFile` in the URI would need a file.
  const ca = process.env.TASKRUNNER_MONGO_CA;
  try {
    const safe = new ConnectionString(address.uri);
    for (const name of [...safe.searchParams.keys()]) {
      if (overriddenOptions.has(name.toLowerCase())) safe.searchParams.delete(name);
    }
    return await new MongoClient(safe.toString(), {
      ...safety,
      appName: ownAppName,
      serverSelectionTimeoutMS: selectionTimeoutMs,
      // Without it, a server that accepts a connection and never answers delays the process by 30 s.
      connectTimeoutMS: selectionTimeoutMs,
      ...(ca !== undefined && { ca }),
    }).connect();
  } catch (error) {
    throw new ConnectionError(address, error);
  }
}

/** Closes every client, so that a command or a test can exit. */
export async function closeConnections(): Promise<void> {
  const open = [...clients.values()];
  clients.clear();
  await Promise.all(open.map(async (client) => (await client).close()));
}
