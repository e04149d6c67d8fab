import { ConnectionString } from "mongodb-connection-string-url";

/** Where the data is: `uri` is secret; `database` is the name that counts. */
export interface DatabaseAddress {
  readonly uri: string;
  readonly database: string;
}

/**
 * Whether two connection strings lead to the same hosts, whatever their users, passwords and
 * options. One that does not parse, such as one that
 * is not known yet, is compared as text.
 */
export function sameServer(one: string | undefined, other: string | undefined): boolean {
  return one === other || (one !== undefined && hostsOf(one) === hostsOf(other ?? ""));
}

/** Whether two addresses are of one database: of the same hosts, and by name. */
export function sameDatabase(one: Partial<DatabaseAddress>, other: Partial<DatabaseAddress>) {
  return sameServer(one.uri, other.uri) && one.database === other.database;
}

/** The hosts of a connection string, for a message; they are no secret. */
export function hostsInWords(uri: string): string {
  return new ConnectionString(uri).hosts.join(", ");
}

function hostsOf(uri: string): string {
  try {
    const { hosts, isSRV } = new ConnectionString(uri);
    return JSON.stringify([isSRV, ...hosts.map((host) => host.toLowerCase()).sort()]);
  } catch {
    return uri;
  }
}
