import ConnectionString from "mongodb-connection-string-url";
import { DevError, type DevStack } from "./places";

/** The specification's database ("Configuration reference"). */
const databaseName = "taskrunner";

/** The address and the password of an embedded server that pods reach. */
export interface Login {
  /** The address that the server listens on. */
  readonly host: string;
  /** The password of each user, who all have one. */
  readonly password: string;
}

/** The users of an embedded server with logins: the migrator, and the services, which may not change a schema. */
export const users = [
  { user: "migrator", role: "root", db: "admin" },
  { user: "services", role: "readWrite", db: databaseName },
] as const;

/** The database of a command. */
export type Database =
  | {
      readonly kind: "embedded";
      readonly port: number;
      readonly uri: string;
      /** With logins both URIs are secret. */
      readonly logins?: Login & { readonly appUri: string };
    }
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
  login?: Login,
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
  if (login === undefined) {
    return { kind: "embedded", port, uri: `mongodb://127.0.0.1:${port}/${databaseName}` };
  }
  const { host, password } = login;
  const uriOf = ({ user, db }: (typeof users)[number]) =>
    `mongodb://${user}:${password}@${host}:${port}/${databaseName}?authSource=${db}`;
  const [migrator, services] = users;
  const logins = { ...login, appUri: uriOf(services) };
  return { kind: "embedded", port, uri: uriOf(migrator), logins };
}

/** The connection settings of a stack whose committed settings name another database. */
export function secretsFor(database: Database, stack: DevStack): Record<string, string> {
  const { uri } = database;
  // No service of these stacks connects, so the migrator's user will do.
  if (database.kind === "named") return { mongoUri: uri, appMongoUri: uri };
  if (database.logins) return { mongoUri: uri, appMongoUri: database.logins.appUri };
  return database.port === stack.mongoPort ? {} : { mongoUri: uri };
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
