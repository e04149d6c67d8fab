import { type CollectionRole, byRole } from "../contract";
import { type Report, countOf, sumCounts } from "./reports";
import type { RollbackResults } from "./rollback/rollback";

/** A number of records of each collection. */
export type RecordTotals = Readonly<Record<CollectionRole, number>>;

/** The records on disk that an import read. */
export interface ImportTotals extends RecordTotals {
  /** Those that could not be imported; absent if there are none. */
  readonly quarantined?: number;
}

export function totalImport(report: Report<"import">): ImportTotals {
  const quarantined = sumCounts(report, "quarantined");
  const read = byRole((role) => report[role].read);
  return { ...read, ...(quarantined > 0 && { quarantined }) };
}

/** The records that MongoDB had at a verification. */
export interface VerificationTotals extends RecordTotals {
  readonly holds: boolean;
  /** When MongoDB's documents were counted, in ISO 8601. */
  readonly at: string;
  /** The records on disk that differ or could not be imported, and that the settings accept; absent if there are none. */
  readonly accepted?: number;
}

export function totalVerification(report: Report<"verification">): VerificationTotals {
  const { holds, at } = report;
  const accepted = sumCounts(report, "differing") + sumCounts(report, "quarantined");
  const mongo = byRole((role) => report[role].mongo);
  return { holds, at, ...mongo, ...(accepted > 0 && { accepted }) };
}

/** The records that an export wrote to files. */
export const totalExport = (report: Report<"export">): RecordTotals =>
  byRole((role) => report[role].written);

/** The records that all passes of a rollback wrote to files, and what its last pass left. */
export interface RollbackTotals extends RecordTotals {
  /** Whether the last pass reached MongoDB. */
  readonly exported: boolean;
  /** When the last pass ended, in ISO 8601. */
  readonly at: string;
  /** Runs that are held; absent if there are none, as the numbers below. */
  readonly held?: number;
  /** Records that changed on both sides. */
  readonly conflicts?: number;
  /** Documents that no file can hold. */
  readonly unwritable?: number;
  /** Runs that are unfinished in MongoDB, and finished or different on disk. */
  readonly unequal?: number;
  /** Unfinished runs that web wrote to files after the handover. */
  readonly notImported?: number;
}

/** The number of runs that a rollback held. In the outputs of an earlier version it stands beside their list. */
export function countHeld(rollback: RollbackResults & { readonly heldCount?: number }): number {
  return rollback.heldCount ?? countOf(rollback.held);
}

/**
 * @param before what was exported before the drain
 * @param passes the handover and the final pass, without those that did not run
 */
export function totalRollback(
  before: RecordTotals | null,
  passes: readonly RollbackResults[],
): RollbackTotals | null {
  const last = passes.at(-1);
  if (!last) return null;
  const written = [before, ...passes.map(({ exported }) => exported && totalExport(exported))];
  const { at, exported } = last;
  const left = {
    held: countHeld(last),
    conflicts: exported ? sumCounts(exported, "conflicts") : 0,
    unwritable: exported ? sumCounts(exported, "unwritable") : 0,
    unequal: passes.reduce((sum, { unequal }) => sum + countOf(unequal), 0),
    notImported: passes.reduce((sum, { notImported = 0 }) => sum + notImported, 0),
  };
  return {
    ...byRole((role) => written.reduce((sum, one) => sum + (one?.[role] ?? 0), 0)),
    exported: exported !== undefined,
    at,
    ...Object.fromEntries(Object.entries(left).filter(([, count]) => count > 0)),
  };
}
