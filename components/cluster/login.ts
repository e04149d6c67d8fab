import { ConnectionString } from "mongodb-connection-string-url";

/** A log-in: user, database and application name. The password is secret. */
export interface Login {
  readonly username: string;
  readonly password: string;
  readonly database: string;
  readonly appName: string;
}

/** The database that holds a cluster's users. */
export const userDatabase = "admin";

/**
 * Adds a user to a connection string; the result is secret. Failed writes are retried, and a majority acknowledges
 * each write.
 *
 * @param address the connection string without a user
 * @param options further options that this address needs
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
