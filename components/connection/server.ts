import { ConnectionString } from "mongodb-connection-string-url";

/**
 * Whether two connection strings lead to the same hosts, whatever their users, passwords and
 * options. One that does not parse, such as one that
 * is not known yet, is compared as text.
 */
export function sameServer(one: string | undefined, other: string | undefined): boolean {
  return one === other || (one !== undefined && hostsOf(one) === hostsOf(other ?? ""));
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
