import { MongoClient, type Db } from "mongodb";
import { ConnectionError } from "./errors";

/** Where the data is: `uri` is secret; `database` is the name that counts. */
export interface DatabaseAddress {
  readonly uri: string;
  readonly database: string;
}

const clients = new Map<string, Promise<MongoClient>>();

/** How long a server is looked for before it counts as out of reach, in ms. */
const selectionTimeoutMs = 10_000;

/**
 * The database at an address. The first call for a URI connects; later ones share its client.
 *
 * @throws ConnectionError where no server answers or the login fails
 */
export async function databaseAt({ uri, database }: DatabaseAddress): Promise<Db> {
  const client = clients.get(uri) ?? connect(uri);
  clients.set(uri, client);
  return (await client).db(database);
}

async function connect(uri: string): Promise<MongoClient> {
  try {
    return await new MongoClient(uri, {
      appName: "taskrunner-storage",
      serverSelectionTimeoutMS: selectionTimeoutMs,
    }).connect();
  } catch (error) {
    clients.delete(uri);
    throw new ConnectionError(uri, error);
  }
}

/** Closes every client; for a process that should end by itself, such as a command or a test. */
export async function closeConnections(): Promise<void> {
  const open = [...clients.values()];
  clients.clear();
  await Promise.all(open.map(async (client) => (await client).close()));
}
