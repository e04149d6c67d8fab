import {
  MongoClient,
  ReadConcern,
  type Db,
  type MongoClientOptions,
  type Timestamp,
} from "mongodb";
import { ConnectionString } from "mongodb-connection-string-url";
import { ConnectionError, type DatabaseAddress } from "./server";

interface ConnectionOptions {
  /** How long a server is looked for before it counts as unreachable, in ms; default 30,000. */
  readonly selectionTimeoutMs?: number;
}

/** How long a server is looked for where its answer is a help and no need, as in a preview. */
export const previewTimeout: ConnectionOptions = { selectionTimeoutMs: 4_000 };

/** Longer than an election of a replica set takes as a rule (12 s), and MongoDB's own default. */
const usualReachMs = 30_000;

/** How long a write may wait for a majority: nothing waits without an end. */
const writeTimeoutMs = 60_000;

/**
 * What correctness needs, whatever a connection string says (design, decision 16): what is read is what
 * a majority has, from the primary, and what was written stays.
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

/** The same for a command of `db.command`, to which the driver adds no write concern. */
export const commandWriteConcern = { w: "majority", j: true, wtimeout: writeTimeoutMs } as const;

/** Options that say the same, lead to a secondary or cut off long commands: they do not count; lower case. */
const saidInUri = new Set([
  ...["readpreference", "readpreferencetags", "maxstalenessseconds", "readconcernlevel"],
  ...["w", "wtimeout", "wtimeoutms", "j", "journal", "fsync", "retryreads", "retrywrites"],
  ...["directconnection", "sockettimeoutms", "maxpoolsize"],
]);

const clients = new Map<string, Promise<MongoClient>>();

/**
 * The database at an address. The first call for a URI and a selection timeout connects; later ones
 * share its client.
 *
 * @throws ConnectionError where no server answers or the login fails
 */
export async function databaseAt(
  { uri, database }: DatabaseAddress,
  options: ConnectionOptions = {},
): Promise<Db> {
  // A preview's client gives up too early for the work after it.
  const key = `${options.selectionTimeoutMs ?? usualReachMs} ${uri}`;
  const client = clients.get(key) ?? connect(uri, options);
  clients.set(key, client);
  try {
    return (await client).db(database);
  } catch (error) {
    clients.delete(key);
    throw error;
  }
}

/** The same database, whose reads wait for what a majority had at an operation time, also on a later primary. */
export function readingAfter({ client, databaseName }: Db, afterClusterTime: Timestamp): Db {
  // The driver has it only for sessions, and one session is not for several reads at once.
  const readConcern = Object.assign(new ReadConcern("majority"), { afterClusterTime });
  return client.db(databaseName, { readConcern });
}

/**
 * Does something with the database at an address on a connection of its own, which is closed
 * afterwards: the shared ones may be closed meanwhile by what uses them.
 *
 * @throws ConnectionError where no server answers or the login fails
 */
export async function onOwnConnection<Result>(
  { uri, database }: DatabaseAddress,
  work: (database: Db) => Promise<Result>,
  options: ConnectionOptions = {},
): Promise<Result> {
  const client = await connect(uri, options);
  try {
    return await work(client.db(database));
  } finally {
    await client.close();
  }
}

async function connect(uri: string, options: ConnectionOptions): Promise<MongoClient> {
  const { selectionTimeoutMs = usualReachMs } = options;
  // The text, because it comes from a ConfigMap; the file's name would be `tlsCAFile` in the URI.
  const ca = process.env.TASKRUNNER_MONGO_CA;
  try {
    const safe = new ConnectionString(uri);
    for (const name of [...safe.searchParams.keys()]) {
      if (saidInUri.has(name.toLowerCase())) safe.searchParams.delete(name);
    }
    return await new MongoClient(safe.toString(), {
      ...safety,
      appName: "taskrunner-storage",
      serverSelectionTimeoutMS: selectionTimeoutMs,
      // Else a server that lets a connection in and says nothing keeps the process for 30 s more.
      connectTimeoutMS: selectionTimeoutMs,
      ...(ca !== undefined && { ca }),
    }).connect();
  } catch (error) {
    throw new ConnectionError(uri, error);
  }
}

/** Closes every client; for a process that should end by itself, such as a command or a test. */
export async function closeConnections(): Promise<void> {
  const open = [...clients.values()];
  clients.clear();
  await Promise.all(open.map(async (client) => (await client).close()));
}
