import { ConnectionString } from "mongodb-connection-string-url";

/** Who connects, to which database, under which name in the server's log; the password is secret. */
export interface Login {
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly appName: string;
}

/** The database in which a cluster keeps its users. */
export const userDatabase = "admin";

/**
 * A connection string, which is secret. Writes are tried again where a connection breaks, and count once a
 * majority has them.
 *
 * @param address without who connects
 * @param options that this address needs besides
 */
export function withLogin(
  address: string,
  { username, password, database, appName }: Login,
  options: Readonly<Record<string, string>> = {},
): string {
  const uri = new ConnectionString(address);
  uri.pathname = `/${encodeURIComponent(database)}`;
  uri.username = encodeURIComponent(username);
  uri.password = encodeURIComponent(password);
  const durableWrites = { retryWrites: "true", w: "majority" };
  const all = { ...options, authSource: userDatabase, ...durableWrites, appName };
  for (const [name, value] of Object.entries(all)) uri.searchParams.set(name, value);
  return uri.toString();
}
