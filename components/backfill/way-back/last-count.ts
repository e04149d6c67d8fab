import { collectionRoles, type CollectionRole } from "../../contract";
import type { VerificationReport } from "../verify";
import { counted } from "../words";

/**
 * What the last verification counted in MongoDB. Nothing counts after it, so a way back without
 * MongoDB has no later one (issue #6).
 */
export interface LastCount extends Readonly<Record<CollectionRole, CollectionCount>> {
  /** When that was: ISO 8601; absent in a report of an earlier version. */
  readonly at?: string;
}

interface CollectionCount {
  readonly documents: number;
  /** Those that were newer than on disk, or only in MongoDB. */
  readonly ahead: number;
}

/** The counts of a verification that a way back needs. */
export function lastCountOf({ at, ...report }: VerificationReport): LastCount {
  const countOf = ({ mongo, newerInMongo, onlyInMongo }: VerificationReport[CollectionRole]) => ({
    documents: mongo,
    ahead: newerInMongo + onlyInMongo,
  });
  const { runs, logs, artifacts, approvals } = report;
  return {
    ...(at !== undefined && { at }),
    runs: countOf(runs),
    logs: countOf(logs),
    artifacts: countOf(artifacts),
    approvals: countOf(approvals),
  };
}

/** A last count as a sentence. */
export function lastCountInWords(count: LastCount): string {
  const when = count.at === undefined ? "the last verification" : `the verification at ${count.at}`;
  const documents = listed(count, "documents") || "no document";
  const ahead = listed(count, "ahead") || "none";
  return (
    `As of ${when}, which is the last known count and not a current one, MongoDB had ${documents}; ` +
    `newer there than on disk, or only there: ${ahead}.`
  );
}

function listed(count: LastCount, what: keyof CollectionCount): string {
  return collectionRoles
    .filter((role) => count[role][what] > 0)
    .map((role) => counted(count[role][what], role))
    .join(", ");
}
