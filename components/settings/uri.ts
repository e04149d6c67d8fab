import { ConnectionString } from "mongodb-connection-string-url";

/** What the rules ask of a connection string, without its secrets. */
export interface UriFacts {
  readonly database: string | undefined;
  /** Whether every host is this machine (a loopback address or `localhost`). */
  readonly local: boolean;
  readonly tls: boolean;
  /** The options by which TLS takes whoever answers for the server, as they are called; mostly none. */
  readonly unchecked: readonly string[];
  /** The write concern and the read preference that it states; mostly undefined. */
  readonly w: string | undefined;
  readonly readPreference: string | undefined;
  readonly user: string;
  /** The mechanism of the log-in that it states; mostly undefined. */
  readonly mechanism: string | undefined;
  /** Whether the user is named elsewhere, such as in a certificate. */
  readonly externalUser: boolean;
  readonly hasPassword: boolean;
}

/** Mechanisms whose user is not in the connection string. */
const externalUsers = ["MONGODB-X509", "MONGODB-AWS", "MONGODB-OIDC"];

/** Options of the drivers, in lower case, and the value by which each leaves a certificate unchecked. */
const unchecking: Readonly<Record<string, string>> = {
  tlsinsecure: "true",
  tlsallowinvalidcertificates: "true",
  tlsallowinvalidhostnames: "true",
  sslverifycertificate: "false",
};

const localHost = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

/**
 * The facts of a connection string; undefined where it does not parse. The library's own error
 * is not passed on, because it may quote the string, which is secret.
 */
export function uriFacts(uri: string): UriFacts | undefined {
  try {
    return factsOf(new ConnectionString(uri));
  } catch {
    return undefined;
  }
}

/** @throws Error, which may quote the string, where a part of it is encoded wrongly */
function factsOf(parsed: ConnectionString): UriFacts {
  const tls = parsed.searchParams.get("tls") ?? parsed.searchParams.get("ssl");
  return {
    database: decodeURIComponent(parsed.pathname.slice(1)) || undefined,
    local: parsed.hosts.every((host) => localHost.test(host)),
    tls: tls === null ? parsed.isSRV : tls === "true",
    unchecked: [...parsed.searchParams]
      .filter(([name, value]) => unchecking[name.toLowerCase()] === value.toLowerCase())
      .map(([name]) => name),
    w: parsed.searchParams.get("w") ?? undefined,
    readPreference: parsed.searchParams.get("readPreference") ?? undefined,
    user: decodeURIComponent(parsed.username),
    mechanism: parsed.searchParams.get("authMechanism") ?? undefined,
    externalUser: externalUsers.includes(parsed.searchParams.get("authMechanism") ?? ""),
    hasPassword: parsed.password !== "",
  };
}
