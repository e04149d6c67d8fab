import { posix } from "node:path";
import { type CollectionRole, collectionRoles } from "../contract";
import type { LogExpiry } from "../migration";
import { ServerTroubleError } from "../mongo";
import {
  differingPaths,
  hashOf,
  isBetweenRollouts,
  listRunsOnlyHeld,
  mapLimit,
  readCutoverRecord,
  readableKey,
  requireState,
  runIdOf,
  sourceOfTruth,
  findChanged,
} from "../state";
import { Checkpoints } from "./checkpoints";
import { type Batch, type From, groupsOnDisk, workOn } from "./disk";
import { reading } from "./documents";
import { type Pair, pairsOf } from "./pairs";
import { type BothSides, totalOnDisk } from "./sides";
import type { Counts } from "./outcomes";
import type { Report } from "./reports";
import { withForms } from "./step-forms";
import { Tally, addExamples } from "./tally";

export interface VerifyOptions {
  /** The hash of differing and quarantined records that are accepted. */
  readonly acceptQuarantined?: string | undefined;
  /**
   * The moments up to which log expiries may have deleted entries: a missing entry from before is `expired`. A former
   * expiry does not count if the entry's file was read after it ended, because all of the file was inserted then.
   * Default: none.
   */
  readonly expiry?: LogExpiry;
  /**
   * `unchanged only` compares only files that an import would not read again, and leaves out files that change
   * meanwhile: while the services write files, no other difference means anything. No service works on MongoDB then, so
   * a run or an approval that is newer there differs, unless the run is only held. Default: `start`.
   */
  readonly from?: Exclude<From, "checkpoints">;
}

/**
 * Compares in one direction, by the merge rules: every record on disk must be in MongoDB, equal or newer there. Reads
 * both sides in batches and changes nothing.
 *
 * @throws StateFolderError if the state directory cannot be used
 * @throws ServerTroubleError if MongoDB refuses it, or has trouble for too long
 */
export async function verifyState(
  asked: BothSides & VerifyOptions,
): Promise<Report<"verification">> {
  const { expiry, from = "start" } = asked;
  const isFirst = from === "unchanged only";
  const tally = new Tally();
  await requireState(asked);
  const sides = await withForms(asked);
  sides.watch?.(tally, () => totalOnDisk(sides));
  const cutoverRecord = await readCutoverRecord(sides.root);
  const truth = sourceOfTruth(cutoverRecord);
  const isInWindow = isBetweenRollouts(cutoverRecord);
  const held = new Set((await listRunsOnlyHeld(sides)).map(({ runId }) => runId));
  const isStrict = ({ disk }: Pair) =>
    isFirst && disk.role !== "artifacts" && !held.has(runIdOf(disk));
  const checkpoints = new Checkpoints(sides.database, sides);
  const groups = groupsOnDisk({ address: sides, tally, from, checkpoints });
  const pairBatch = async ({ records }: Batch) => {
    const [first] = records;
    if (!first) return [];
    return reading(sides, first.role, () =>
      pairsOf(sides, records, "compare", { truth, isInWindow }),
    );
  };
  const changed = new Set<string>();
  await workOn(groups, pairBatch, async (pairs, { files }) => {
    const apart = isFirst ? pairs.filter(({ verdict }) => verdict !== "equal") : [];
    const read = apart.flatMap(({ disk }) => files.get(disk.location.file) ?? []);
    for (const name of await findChanged(new Set(read))) changed.add(name);
    const expired = await findExpired(sides, pairs, expiry);
    for (const pair of pairs) {
      if (changed.has(pair.disk.location.file)) continue;
      countPair(tally, pair, { isExpired: expired.has(pair), isStrict: isStrict(pair) });
    }
  });
  const at = new Date().toISOString();
  const found = tally.countsOf("verification");
  const reports = await mapLimit(collectionRoles.length, collectionRoles, async (role) => {
    const mongo = await reading(sides, role, (all) => all.estimatedDocumentCount());
    const { equal, newerInMongo, differing } = found[role];
    // A key that is on disk twice is found twice.
    const onlyInMongo = Math.max(0, mongo - equal - newerInMongo - differing);
    return [role, { ...found[role], mongo, onlyInMongo }] as const;
  });
  const counts = Object.fromEntries(reports) as Record<CollectionRole, Counts<"verification">>;
  const { files, bytes, elapsedMs, removedUnfinished, incomplete, quarantine } = tally;
  const { onlyInFiles, different } = tally;
  const all = Object.values(counts);
  // An imported file has no quarantined record, unless it changed meanwhile.
  const isClean = all.every(
    ({ differing, quarantined }) => differing + (isFirst ? 0 : quarantined) === 0,
  );
  const hash = tally.differenceHash.toString();
  const isAccepted = isClean || hash === sides.acceptQuarantined;
  const verifiedFiles = files - changed.size;
  const changedFiles = tally.changedFiles + changed.size;
  return {
    holds: isAccepted && all.every(({ missing }) => missing === 0),
    ...(!isClean && { hash }),
    at,
    files,
    bytes,
    elapsedMs,
    ...counts,
    onlyInFiles,
    different,
    removedUnfinished,
    incomplete,
    quarantine,
    ...(isFirst && { firstVerification: { verifiedFiles, changedFiles } }),
  };
}

/** Finds the missing log entries that an expiry may have deleted. */
async function findExpired(
  sides: BothSides,
  pairs: readonly Pair[],
  expiry: LogExpiry | undefined,
): Promise<ReadonlySet<Pair>> {
  const timeOf = ({ disk }: Pair) => Number(disk.document.timestamp);
  const isGone = ({ disk, mongo }: Pair) => disk.role === "logs" && !mongo;
  const latest = expiry ? Math.max(expiry.now, expiry.former) : -Infinity;
  const old = pairs.filter((pair) => isGone(pair) && timeOf(pair) < latest);
  if (!expiry || old.length === 0) return new Set();
  const nameOf = ({ disk }: Pair) => posix.basename(disk.location.file, ".ndjson");
  const read = await new Checkpoints(sides.database, sides).read([...new Set(old.map(nameOf))]);
  const isExpired = (pair: Pair) => {
    if (timeOf(pair) < expiry.now) return true;
    const seen = read.get(nameOf(pair))?.logs?.seen ?? Infinity;
    return timeOf(pair) < expiry.former && seen < expiry.formerEndedAt;
  };
  return new Set(old.filter(isExpired));
}

function countPair(
  tally: Tally,
  { disk, mongo, verdict }: Pair,
  { isExpired, isStrict }: { readonly isExpired: boolean; readonly isStrict: boolean },
): void {
  const { role, key, document } = disk;
  if (verdict === "equal") tally.count(role, "equal");
  else if (verdict === "removed") tally.remove(role, key, document);
  else if (isExpired) tally.count(role, "expired");
  else if (!mongo) {
    tally.count(role, "missing");
    addExamples(tally.onlyInFiles[role], readableKey(key));
  } else if (verdict === "mongo" && !isStrict) tally.count(role, "newerInMongo");
  else {
    tally.count(role, "differing");
    addExamples(tally.different[role], {
      id: readableKey(key),
      paths: differingPaths(role, document, mongo),
    });
    tally.differenceHash.add(`${role} ${key} ${hashOf(role, document)}`);
  }
}

/**
 * Makes the next import read every file again if a verification does not hold, because a checkpoint is wrong then. If
 * MongoDB refuses that, the report has the reason.
 */
export async function forgetUnlessHolds(
  sides: BothSides,
  report: Report<"verification">,
): Promise<Report<"verification">> {
  if (report.holds) return report;
  try {
    await new Checkpoints(sides.database, sides).forget();
    return report;
  } catch (error) {
    if (!(error instanceof ServerTroubleError)) throw error;
    return { ...report, notForgotten: error.message };
  }
}
