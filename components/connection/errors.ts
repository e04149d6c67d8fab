import { hostsInWords } from "./server";

/** MongoDB could not be reached or refused the login; the message names hosts, never secrets. */
export class ConnectionError extends Error {
  override readonly name = "ConnectionError";

  constructor(uri: string, cause: unknown) {
    const found = cause instanceof Error ? cause.message : String(cause);
    super(
      `Connecting to MongoDB at ${hostsInWords(uri)} failed: ${found}. ` +
        `Check that it runs, that this machine may reach it and that the user of mongoUri may log in.`,
    );
  }
}
