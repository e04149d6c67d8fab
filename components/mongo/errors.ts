import { MongoServerError, MongoServerSelectionError } from "mongodb";
import { formatHosts } from "./server";

/** MongoDB could not be reached or refused the login; the message names hosts, never secrets. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";
  /** The members that answer, as `HOST:PORT`, where none of them is the primary; mostly none. */
  readonly withoutPrimary: readonly string[];
  /** What the server answered, where it was reached and refused the login; mostly undefined. */
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

/** What a server answered with an error, and its code; undefined if there was no answer. */
export function answerIn(error: unknown): string | undefined {
  if (!(error instanceof MongoServerError)) return undefined;
  return `${error.message.replace(/\.$/, "")} (code ${String(error.code)})`;
}
