import ConnectionString from "mongodb-connection-string-url";
import { DevError, type DevStack } from "./places";

/** The document's database ("Configuration reference"). */
const databaseName = "taskrunner";

/** The database that a command works with. */
export type Database =
  | { readonly kind: "embedded"; readonly port: number; readonly uri: string }
  /** A server of the user's; its URI is secret. */
  | { readonly kind: "named"; readonly uri: string };

/** The environment variables that choose it. */
export interface DatabaseVariables {
  readonly MONGODB_URI?: string | undefined;
  readonly MONGO_PORT?: string | undefined;
}

/**
 * The database to work with: the server that MONGODB_URI names, else the embedded one on
 * MONGO_PORT, else where it runs already, else on the stack's port.
 *
 * @throws DevError if a variable cannot be read; no URI is in it
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

/** The settings by which a stack is told of a database, where the committed ones do not name it. */
export function secretsFor(database: Database, stack: DevStack): Record<string, string> {
  if (database.kind === "embedded") {
    return database.port === stack.mongoPort ? {} : { mongoUri: database.uri };
  }
  // No service of these stacks connects, so the migrator's user does for them.
  return { mongoUri: database.uri, appMongoUri: database.uri };
}

/** A URI as people may see it: hosts and database, without a user and without options. */
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
    // The parser's own message can hold the text.
    throw new DevError(
      "MONGODB_URI is no MongoDB connection string: it has the form " +
        "mongodb://HOST:PORT/DATABASE or mongodb+srv://HOST/DATABASE",
    );
  }
}
