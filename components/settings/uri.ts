import { ConnectionString } from "mongodb-connection-string-url";

/** The facts that rules check in a connection string; none is secret. */
export interface UriFacts {
  readonly database: string | undefined;
  /** Whether every host is a loopback address or `localhost`. */
  readonly local: boolean;
  readonly tls: boolean;
  /** The options that disable a TLS check, as written; usually empty. */
  readonly unchecked: readonly string[];
  /** Write concern and read preference, if stated. */
  readonly w: string | undefined;
  readonly readPreference: string | undefined;
  readonly user: string;
  /** The authentication mechanism, if stated. */
  readonly mechanism: string | undefined;
  /** Whether the user is named outside the string, such as in a certificate. */
  readonly externalUser: boolean;
  readonly hasPassword: boolean;
}

/** Mechanisms whose user is outside the connection string. */
const externalUsers = ["MONGODB-X509", "MONGODB-AWS", "MONGODB-OIDC"];

/** Driver options, in lower case, with the value that turns off certificate checks. */
const uncheckedValues: Readonly<Record<string, string>> = {
  tlsinsecure: "true",
  tlsallowinvalidcertificates: "true",
  tlsallowinvalidhostnames: "true",
  sslverifycertificate: "false",
};

const localHost = /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i;

/**
 * The facts of a connection string, or undefined if it cannot be parsed. The library's error is dropped, because
 * it may quote the secret string.
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
        .filter(([name, value]) => uncheckedValues[name.toLowerCase()] === value.toLowerCase())
        .map(([name]) => name),
      w: option("w"),
      readPreference: option("readPreference"),
      user: decodeURIComponent(username),
      mechanism: option("authMechanism"),
      externalUser: externalUsers.includes(option("authMechanism") ?? ""),
      hasPassword: password !== "",
    };
  } catch {
    return undefined;
  }
}
