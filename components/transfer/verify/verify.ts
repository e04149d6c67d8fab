import { type CollectionRole, byRole, collectionRoles } from "../../contract";
import { ServerTroubleError } from "../../mongo";
import { type IncompleteLine, requireState } from "../../state";
import { Checkpoints } from "../checkpoints";
import { reading } from "../documents";
import { recordsOnDisk } from "../import/file-records";
import { batches, workOn } from "../import/pipeline";
import type { BothSides } from "../sides";
import { type Quarantined, Tally } from "../tally";
import { type Comparison, type VerifiedCounts, countPairs, pairBatch } from "./compared";

/** What a verification found; it holds if nothing is missing, and nothing differs or is quarantined that was not accepted. */
export interface VerificationReport extends Record<CollectionRole, VerifiedCounts> {
  holds: boolean;
  /** Of all that differs or is quarantined, for `advanced.acceptQuarantined`; absent if nothing does. */
  hash?: string;
  /** When MongoDB's documents were counted: ISO 8601. */
  at: string;
  elapsedMs: number;
  /** Why the next import still trusts the files' checkpoints, where it was not to. */
  notForgotten?: string;
  incomplete: IncompleteLine[];
  quarantine: Quarantined[];
}

/** How a verification compares. */
export interface VerifyOptions {
  /** The hash of what differs or is quarantined and was accepted. */
  readonly acceptQuarantined?: string | undefined;
  /** A log entry of before that is gone is `expired`; in ms since 1970. Default: none is. */
  readonly expiredBefore?: number;
}

/**
 * Compares one way, by the merge rules: every record on disk is in MongoDB, equal, or MongoDB's
 * is the newer. Reads both sides in batches and changes nothing.
 *
 * @throws StateFolderError where the state directory cannot be used
 * @throws ServerTroubleError where MongoDB will not do it, or has trouble for too long
 */
export async function verifyState(sides: BothSides & VerifyOptions): Promise<VerificationReport> {
  const { expiredBefore = -Infinity } = sides;
  const tally = new Tally();
  const counts = byRole(noneVerified);
  await requireState(sides);
  sides.watch?.(tally);
  const comparison = { sides, counts, expiredBefore, left: tally.left };
  await workOn(
    batches(recordsOnDisk({ address: sides, tally })),
    (batch) => pairBatch(sides, batch),
    (pairs) => {
      countPairs(comparison, pairs);
    },
  );
  const at = new Date().toISOString();
  for (const role of collectionRoles) await complete(comparison, role, tally);
  const { elapsedMs, incomplete, quarantine } = tally.report();
  const all = Object.values(counts);
  const isEmpty = all.every(({ differing, quarantined }) => differing + quarantined === 0);
  const hash = tally.left.toString();
  const isAccepted = isEmpty || hash === sides.acceptQuarantined;
  return {
    holds: isAccepted && all.every((one) => one.missing === 0),
    ...(!isEmpty && { hash }),
    at,
    elapsedMs,
    ...counts,
    incomplete,
    quarantine,
  };
}

async function complete(
  { sides, counts: all }: Comparison,
  role: CollectionRole,
  tally: Tally,
): Promise<void> {
  const counts = all[role];
  const inBoth = counts.equal + counts.newerInMongo + counts.differing;
  counts.quarantined = tally.counts[role].quarantined;
  counts.files = inBoth + counts.expired + counts.missing + counts.quarantined;
  await reading(sides, role, async (collection) => {
    counts.mongo = await collection.estimatedDocumentCount();
    // A key that is on disk twice was found twice.
    counts.onlyInMongo = Math.max(0, counts.mongo - inBoth);
  });
}

function noneVerified(): VerifiedCounts {
  return {
    files: 0,
    mongo: 0,
    equal: 0,
    newerInMongo: 0,
    onlyInMongo: 0,
    expired: 0,
    missing: 0,
    differing: 0,
    quarantined: 0,
    onlyInFiles: [],
    different: [],
  };
}

/**
 * Where a verification does not hold, makes the next import read every file again: a file's
 * checkpoint says that its records are in MongoDB, which is not to be trusted any more once one is
 * not. Where MongoDB will not do it the report says so: what was found is not lost with it.
 */
export async function forgetWhereMissing(
  { database, retries }: BothSides,
  report: VerificationReport,
): Promise<VerificationReport> {
  if (report.holds) return report;
  try {
    await new Checkpoints(database, retries).forget();
    return report;
  } catch (error) {
    if (!(error instanceof ServerTroubleError)) throw error;
    return { ...report, notForgotten: error.message };
  }
}
