import type { ConnectionString } from "mongodb-connection-string-url";

/** Who connects; the password is secret. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** The database in which a cluster keeps its users. */
export const userDatabase = "admin";

/** Writes are tried again where a connection breaks, and count once a majority has them. */
export const durableWrites = { retryWrites: "true", w: "majority" } as const;

/** A connection string, which is secret, from an address, who connects, and the options. */
export function withLogin(
  address: ConnectionString,
  { username, password }: Credentials,
  options: Readonly<Record<string, string>>,
): string {
  const uri = address.clone();
  uri.username = encodeURIComponent(username);
  uri.password = encodeURIComponent(password);
  for (const [name, value] of Object.entries(options)) uri.searchParams.set(name, value);
  return uri.toString();
}
