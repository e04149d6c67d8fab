import { MongoClient, type Db } from "mongodb";
import { ConnectionError } from "./errors";

/** Where the data is: `uri` is secret; `database` is the name that counts. */
export interface DatabaseAddress {
  readonly uri: string;
  readonly database: string;
}

/** How a server is looked for. */
export interface ConnectionOptions {
  /** How long a server is looked for before it counts as out of reach, in ms; default 10,000. */
  readonly selectionTimeoutMs?: number;
}

/** How long a server is looked for where its answer is a help and no need, as in a preview. */
export const briefReach: ConnectionOptions = { selectionTimeoutMs: 4_000 };

const clients = new Map<string, Promise<MongoClient>>();

/**
 * The database at an address. The first call for a URI connects; later ones share its client.
 *
 * @throws ConnectionError where no server answers or the login fails
 */
export async function databaseAt(
  { uri, database }: DatabaseAddress,
  options: ConnectionOptions = {},
): Promise<Db> {
  const client = clients.get(uri) ?? connect(uri, options);
  clients.set(uri, client);
  try {
    return (await client).db(database);
  } catch (error) {
    clients.delete(uri);
    throw error;
  }
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
  const { selectionTimeoutMs = 10_000 } = options;
  // The text, because it comes from a ConfigMap; the file's name would be `tlsCAFile` in the URI.
  const ca = process.env.TASKRUNNER_MONGO_CA;
  try {
    return await new MongoClient(uri, {
      appName: "taskrunner-storage",
      serverSelectionTimeoutMS: selectionTimeoutMs,
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
