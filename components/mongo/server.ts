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

/**
 * The address in the inputs of a step that goes forward.
 *
 * @throws Error where a part is missing, which the settings' rules ask for
 */
export function addressIn({ uri, database }: Partial<DatabaseAddress>): DatabaseAddress {
  if (uri !== undefined && database !== undefined) return { uri, database };
  const missing = uri === undefined ? "connection string" : "database name";
  throw new Error(`Connecting to MongoDB failed: no ${missing} is configured. Set mongoUri.`);
}

/** The hosts of a connection string, for a message; they are no secret. */
export function formatHosts(uri: string): string {
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
