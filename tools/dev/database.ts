import ConnectionString from "mongodb-connection-string-url";
import { DevError, type DevStack } from "./places";

/** The specification's database ("Configuration reference"). */
const databaseName = "taskrunner";

/** The database of a command. */
export type Database =
  | { readonly kind: "embedded"; readonly port: number; readonly uri: string }
  /** A server of the user; its URI is secret. */
  | { readonly kind: "named"; readonly uri: string };

/** Environment variables that choose the database. */
export interface DatabaseVariables {
  readonly MONGODB_URI?: string | undefined;
  readonly MONGO_PORT?: string | undefined;
}

/**
 * The server in MONGODB_URI, or the embedded one on MONGO_PORT, where it already runs, or on the stack's port.
 *
 * @throws DevError if a variable is not valid; it quotes no URI
 */
export function chooseDatabase(
  variables: DatabaseVariables,
  stack: DevStack,
  running?: { readonly port: number },
): Database {
  const { MONGODB_URI, MONGO_PORT } = variables;
  if (MONGODB_URI) {
    const uri = parseUri(MONGODB_URI);
    if (uri.pathname === "" || uri.pathname === "/") uri.pathname = `/${databaseName}`;
    return { kind: "named", uri: uri.href };
  }
  const port = MONGO_PORT ? Number(MONGO_PORT) : (running?.port ?? stack.mongoPort);
  if (MONGO_PORT && !(Number.isInteger(port) && port >= 1 && port <= 65_535)) {
    throw new DevError(
      `MONGO_PORT is ${JSON.stringify(MONGO_PORT)}: a number from 1 to 65535 is needed`,
    );
  }
  return { kind: "embedded", port, uri: `mongodb://127.0.0.1:${port}/${databaseName}` };
}

/** The connection settings of a stack whose committed settings name another database. */
export function secretsFor(database: Database, stack: DevStack): Record<string, string> {
  if (database.kind === "embedded") {
    return database.port === stack.mongoPort ? {} : { mongoUri: database.uri };
  }
  // No service of these stacks connects, so the migrator's user will do.
  return { mongoUri: database.uri, appMongoUri: database.uri };
}

/** A URI's hosts and database, without user and options. */
export function hidePassword(uri: string): string {
  const shown = new ConnectionString(uri);
  shown.username = "";
  shown.password = "";
  shown.search = "";
  return shown.href;
}

function parseUri(text: string): ConnectionString {
  try {
    return new ConnectionString(text);
  } catch {
    // The parser's message may quote the URI.
    throw new DevError(
      "MONGODB_URI is no MongoDB connection string: it has the form " +
        "mongodb://HOST:PORT/DATABASE or mongodb+srv://HOST/DATABASE",
    );
  }
}
