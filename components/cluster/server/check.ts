import type { Db } from "mongodb";
import { hostsInWords } from "../../mongo";
import { uriFacts } from "../../settings/uri";

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

/** What a server says of itself. */
export interface ServerFacts {
  /** Such as `8.0.4`. */
  readonly version: string;
  /** Whether it is neither a member of a replica set nor the router of a sharded cluster. */
  readonly standalone: boolean;
}

/** Asks a server about itself; no privilege is needed for it. */
async function serverFacts(database: Db): Promise<ServerFacts> {
  const [hello, build] = await Promise.all([
    database.command({ hello: 1 }),
    database.command({ buildInfo: 1 }),
  ]);
  return {
    version: String(build.version),
    standalone: hello.setName === undefined && hello.msg !== "isdbgrid",
  };
}

/** What is to be said of a server, in words. */
export interface Findings {
  /** Why a cutover is refused; empty where it is not. */
  readonly refusals: readonly string[];
  /** What a site should know. */
  readonly warnings: readonly string[];
}

/** The oldest MongoDB that the migration is written for (decision 5). */
const oldest = [6, 0] as const;

/**
 * What a server lacks that exists already (issue #7).
 *
 * A standalone one is refused unless it is this machine's: the import and the services count a write
 * as safe that a majority acknowledged.
 */
export function findingsOf(facts: ServerFacts, { local }: { readonly local: boolean }): Findings {
  const standalone = facts.standalone ? [standaloneInWords] : [];
  return {
    refusals: [...tooOld(facts), ...(local ? [] : standalone)],
    warnings: local ? standalone : [],
  };
}

function tooOld({ version }: ServerFacts): string[] {
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  const isNewEnough = major > oldest[0] || (major === oldest[0] && minor >= oldest[1]);
  if (isNewEnough) return [];
  return [
    `It runs MongoDB ${version}, and ${oldest.join(".")} is the oldest that will do: earlier ones ` +
      "cannot make an index unique in place (`prepareUnique`). " +
      "Upgrade the server, then run again.",
  ];
}

const standaloneInWords =
  "It is a standalone server. It lacks what a replica set gives: a write that a majority has " +
  "(here the import's and the services' writes are safe on one disk alone, and lost with it), writes " +
  "that are tried again where a connection breaks, transactions, change streams, and a secondary for " +
  "scans and backups. Make it a replica set, of one member at least: set replication.replSetName, " +
  "restart it, and run rs.initiate() once.";
