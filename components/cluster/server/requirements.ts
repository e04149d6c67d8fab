import type { ServerFacts } from "./facts";

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
