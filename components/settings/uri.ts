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
 * The facts of a connection string; undefined where it does not parse, or a part of it is encoded wrongly. The
 * library's own error is not passed on, because it may quote the string, which is secret.
 */
export function uriFacts(uri: string): UriFacts | undefined {
  try {
    const { hosts, isSRV, pathname, username, password, searchParams } = new ConnectionString(uri);
    const option = (name: string) => searchParams.get(name) ?? undefined;
    const tls = option("tls") ?? option("ssl");
    return {
      database: decodeURIComponent(pathname.slice(1)) || undefined,
      local: hosts.every((host) => localHost.test(host)),
      tls: tls === undefined ? isSRV : tls === "true",
      unchecked: [...searchParams]
        .filter(([name, value]) => unchecking[name.toLowerCase()] === value.toLowerCase())
        .map(([name]) => name),
      ...{ w: option("w"), readPreference: option("readPreference") },
      user: decodeURIComponent(username),
      mechanism: option("authMechanism"),
      externalUser: externalUsers.includes(option("authMechanism") ?? ""),
      hasPassword: password !== "",
    };
  } catch {
    return undefined;
  }
}
