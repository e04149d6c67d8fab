import { MongoServerError, MongoServerSelectionError } from "mongodb";
import { formatHosts } from "./server";

/** MongoDB could not be reached or refused the login; the message names hosts, never secrets. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  /** The members that answer, as `HOST:PORT`, where none of them is the primary; mostly none. */
  readonly withoutPrimary: readonly string[];
  /** What a server answered that lets nobody in (`answerIn`); mostly undefined. */
  readonly answer: string | undefined;

  constructor(uri: string, cause: unknown) {
    const found = cause instanceof Error ? cause.message : String(cause);
    super(
      `Connecting to MongoDB at ${formatHosts(uri)} failed: ${found}. ` +
        "Check that it runs, that this machine can reach it and that the user of mongoUri can log in.",
    );
    this.withoutPrimary = membersWithoutPrimary(cause);
    this.answer = answerIn(cause);
  }
}

/** The members that answered while no primary was found; the driver knows the others as `Unknown`. */
export function membersWithoutPrimary(error: unknown): string[] {
  if (!(error instanceof MongoServerSelectionError)) return [];
  const found = error.reason;
  const members = [...(found?.servers.values() ?? [])];
  return members.filter(({ type }) => type.startsWith("RS")).map(({ address }) => address);
}

/**
 * What a server answered that lets nobody in: an error, or a TLS handshake that fails, as Atlas does it for
 * an address that is not on its access list. Undefined if there was no answer.
 */
export function answerIn(error: unknown): string | undefined {
  const code = error instanceof MongoServerError ? error.code : findTlsCode(error);
  if (code === undefined) return undefined;
  const said = error instanceof MongoServerError ? error.message : "the TLS handshake failed";
  return `${said.replace(/\.$/, "")} (code ${code})`;
}

/** The code by which the handshake with one of the servers failed. */
function findTlsCode(error: unknown): string | undefined {
  const servers = error instanceof MongoServerSelectionError ? error.reason?.servers : undefined;
  const failures = servers ? [...servers.values()].map((server) => server.error) : [error];
  return failures.map(tlsCodeIn).find((code) => code !== undefined);
}

/** @see https://nodejs.org/docs/latest-v20.x/api/tls.html#x509-certificate-error-codes */
const ofTls =
  /^(ERR_(SSL|TLS)_|EPROTO|CERT_|SELF_SIGNED|DEPTH_ZERO|UNABLE_TO_|HOSTNAME_|INVALID_CA)/;

function tlsCodeIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as NodeJS.ErrnoException;
  return typeof code === "string" && ofTls.test(code) ? code : tlsCodeIn(error.cause);
}
