import type { Db } from "mongodb";
import { hostsInWords } from "../../connection";
import { uriFacts } from "../../settings";
import { serverFacts } from "./facts";
import { findingsOf, type Findings } from "./requirements";

/** A server that was looked at. */
export interface CheckedServer extends Findings {
  readonly version: string;
}

/** A server that exists and will not do; the message names its hosts, never a secret. */
export class ServerRefused extends Error {
  override readonly name = "ServerRefused";

  constructor(uri: string, refusals: readonly string[]) {
    super(
      [`MongoDB at ${hostsInWords(uri)} cannot be used; nothing was changed.`, ...refusals].join(
        "\n",
      ),
    );
  }
}

/** Looks at the server behind a database, whose connection string is secret. */
export async function checkServer(database: Db, uri: string): Promise<CheckedServer> {
  const facts = await serverFacts(database);
  const local = uriFacts(uri)?.local ?? false;
  return { version: facts.version, ...findingsOf(facts, { local }) };
}

/**
 * The same where a refusal is an error, and a warning is a line on standard error.
 *
 * @returns the server's version
 * @throws ServerRefused
 */
export async function requireServer(database: Db, uri: string): Promise<string> {
  const { version, refusals, warnings } = await checkServer(database, uri);
  if (refusals.length > 0) throw new ServerRefused(uri, refusals);
  for (const words of warnings) console.warn(`warning: MongoDB at ${hostsInWords(uri)}: ${words}`);
  return version;
}
