import { MongoServerError, MongoServerSelectionError } from "mongodb";
import { ConnectionString } from "mongodb-connection-string-url";

/** The address of the data. `uri` is secret; `database` overrides a database name in it. */
export interface DatabaseAddress {
  readonly uri: string;
  /** Where `uri` comes from, for an error. Default: `mongoUri`. */
  readonly source?: string;
  readonly database: string;
}

/**
 * Whether two connection strings name the same hosts; users, passwords and options do not count. A string that
 * does not parse, or is not known yet, is compared as text.
 */
export function sameServer(one: string | undefined, other: string | undefined): boolean {
  const [first, second] = [one, other].map((uri = "") => {
    try {
      return `${String(new ConnectionString(uri).isSRV)} ${formatHosts(uri)}`;
    } catch {
      return uri;
    }
  });
  return one === other || (one !== undefined && first === second);
}

/**
 * The address in a step's inputs.
 *
 * @throws Error if the connection string or the database name is missing
 */
export function addressIn({ uri, database }: Partial<DatabaseAddress>): DatabaseAddress {
  if (uri !== undefined && database !== undefined) return { uri, database };
  const missing = uri === undefined ? "connection string" : "database name";
  throw new Error(`Connecting to MongoDB failed: no ${missing} is configured. Set mongoUri.`);
}

/** The hosts of a connection string in one form, whatever their order and case; they are not secret. */
export function formatHosts(uri: string): string {
  const { hosts } = new ConnectionString(uri);
  return hosts
    .map((host) => host.toLowerCase())
    .sort()
    .join(", ");
}

/** The hosts as a step's input, for a review; none without a connection string that is known and can be parsed. */
export function hostsIn({ uri = "" }: { readonly uri?: string | undefined }): {
  readonly hosts?: string;
} {
  try {
    return { hosts: formatHosts(uri) };
  } catch {
    // The library's error may quote the secret string.
    return {};
  }
}

/** MongoDB is unreachable or refused the log-in. The message names hosts, never secrets. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  /** Members that answer, as `HOST:PORT`, if none of them is the primary; otherwise empty. */
  readonly withoutPrimary: readonly string[];
  /** The answer of a server that rejected the connection (`answerIn`); usually undefined. */
  readonly answer: string | undefined;

  constructor({ uri, source = "mongoUri" }: Omit<DatabaseAddress, "database">, cause: unknown) {
    const found = cause instanceof Error ? cause.message : String(cause);
    super(
      isRefusedLogin(cause)
        ? `MongoDB at ${formatHosts(uri)} refused the user or the password of ${source}. Check both, their ` +
            "percent-encoding, and authSource."
        : `Connecting to MongoDB at ${formatHosts(uri)} failed: ${found}. ` +
            "Check that it runs and that this machine can reach it.",
    );
    this.withoutPrimary = membersWithoutPrimary(cause);
    this.answer = answerIn(cause);
  }
}

/** @see https://www.mongodb.com/docs/manual/reference/error-codes/ */
const authenticationFailed = 18;
// Atlas' own code, also for a user that does not exist.
const atlasError = 8000;

function isRefusedLogin(error: unknown): boolean {
  if (!(error instanceof MongoServerError)) return false;
  return (
    error.code === authenticationFailed ||
    (error.code === atlasError && /auth/i.test(error.message))
  );
}

/** Members that answered although no primary was found; the driver reports the others as `Unknown`. */
export function membersWithoutPrimary(error: unknown): string[] {
  if (!(error instanceof MongoServerSelectionError)) return [];
  const found = error.reason;
  const members = [...(found?.servers.values() ?? [])];
  return members.filter(({ type }) => type.startsWith("RS")).map(({ address }) => address);
}

/**
 * The answer of a server that rejected the connection: an error, or a failed TLS handshake, with which Atlas
 * rejects an address that is not on its access list. Undefined if nothing answered.
 */
export function answerIn(error: unknown): string | undefined {
  const servers = error instanceof MongoServerSelectionError ? error.reason?.servers : undefined;
  const failures = servers ? [...servers.values()].map((server) => server.error) : [error];
  const ofHandshake = failures.map(tlsCodeIn).find((one) => one !== undefined);
  const code = error instanceof MongoServerError ? error.code : ofHandshake;
  if (code === undefined) return undefined;
  const message = error instanceof MongoServerError ? error.message : "the TLS handshake failed";
  return `${message.replace(/\.$/, "")} (code ${code})`;
}

/** @see https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
const tlsCodes =
  /^(ERR_(SSL|TLS)_|EPROTO|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_|INVALID_CA)/;

function tlsCodeIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" && tlsCodes.test(code) ? code : tlsCodeIn(error.cause);
}
