import type { Document } from "mongodb";
import type { CollectionRole } from "../contract";
import { type StepForms, asOnDisk, hashOf, refusalIn, wouldRepeatSteps } from "../state";
import { type MergeBase, type Hashes, agreementIn } from "./merge-bases";

/**
 * The relation between a record on disk and the document of the same key:
 *
 * - `onlyOnDisk`, `onlyInMongo`: the other side has none;
 * - `removed`: the side that is the source of truth no longer has it. It stays removed there, and stays on the other
 *   side;
 * - `equal`: nothing to do: they are the same, neither changed since they agreed, or an export of the document would
 *   write this file;
 * - `disk`: the record on disk wins;
 * - `mongo`: the document wins, because the record on disk is older;
 * - `conflict`: neither wins, and neither is overwritten.
 */
export type Verdict =
  "onlyOnDisk" | "onlyInMongo" | "removed" | "equal" | "disk" | "mongo" | "conflict";

/** One side's record with the hash that `hashOf` gives it. */
export interface Side {
  readonly hash: string;
  readonly document: Document;
}

/** A record or document as one side of a merge. */
export function sideOf(role: CollectionRole, document: Document): Side {
  return { hash: hashOf(role, document), document };
}

/** What the merge rules depend on besides both sides and their merge base. */
export interface Circumstances {
  /**
   * The side that is the source of truth after a cutover. A record that only this side lacks was removed there. While it
   * is MongoDB, no service works on the files: an older run or artifact on disk was restored, and MongoDB's wins.
   * Default: none.
   */
  readonly truth?: keyof Hashes | undefined;
  /**
   * Whether web may have decided an approval on the other side than the truth: between the rollouts, it still works on
   * its former store. Default: it may not.
   */
  readonly isInWindow?: boolean | undefined;
  /** How the services write enumerations inside `steps`. */
  readonly forms?: StepForms | undefined;
}

/**
 * The merge rules (docs/design.md#merge-rules). Changed on one side since the merge base: that side wins. Changed on
 * both: a conflict. An approval that changed on the side that is not the source of truth is a conflict too, unless web
 * decided it between the rollouts. If no side is known to be unchanged, a decision beats `pending` and `hold`. For
 * artifacts that changed on both sides, the newer `capturedAt` wins; on a tie, MongoDB's. Log entries are immutable. An
 * older run never wins if its steps would run again.
 */
export function merge(
  role: CollectionRole,
  disk: Side | undefined,
  mongo: Side | undefined,
  base: MergeBase | undefined,
  circumstances: Circumstances = {},
): Verdict {
  const { truth, forms } = circumstances;
  // An announced write may not have been done.
  const wasOnBoth = base?.agreed !== undefined;
  if (!mongo) return wasOnBoth && truth === "mongo" ? "removed" : "onlyOnDisk";
  if (!disk) return wasOnBoth && truth === "disk" ? "removed" : "onlyInMongo";
  if (disk.hash === mongo.hash) return "equal";
  const { agreed } = agreementIn(base, { disk: disk.hash, mongo: mongo.hash });
  if (disk.hash === agreed?.disk && mongo.hash === agreed.mongo) return "equal";
  const isRestored = truth === "mongo" && isOlder[role](disk, mongo);
  const verdict = isRestored ? "mongo" : mergers[role](disk, mongo, agreed, circumstances);
  if (verdict === "disk") return verdict;
  return isWrittenAs(role, mongo, disk, forms) ? "equal" : verdict;
}

/** Whether an export of the document changes nothing in the file. */
function isWrittenAs(
  role: CollectionRole,
  { document }: Side,
  disk: Side,
  forms: StepForms | undefined,
): boolean {
  try {
    return hashOf(role, asOnDisk(role, document, disk.document, forms)) === disk.hash;
  } catch (error) {
    refusalIn(error);
    return false;
  }
}

type Merger = (
  disk: Side,
  mongo: Side,
  agreed: Hashes | undefined,
  circumstances: Circumstances,
) => "disk" | "mongo" | "conflict";

const mergers: Readonly<Record<CollectionRole, Merger>> = {
  runs: (disk, mongo, agreed) => {
    const winner = findChangedSide(disk, mongo, agreed);
    const [run, other] = winner === "disk" ? [disk, mongo] : [mongo, disk];
    const wouldRepeat = wouldRepeatSteps(run.document, other.document);
    return isOlder.runs(run, other) && wouldRepeat ? "conflict" : winner;
  },
  logs: () => "conflict",
  artifacts: (disk, mongo, agreed) => {
    const changed = findChangedSide(disk, mongo, agreed);
    // Clocks may differ: if only one side changed, the dates do not count.
    if (changed !== "conflict") return changed;
    return captureTime(disk) > captureTime(mongo) ? "disk" : "mongo";
  },
  approvals: (disk, mongo, agreed, { truth, isInWindow = false }) => {
    const changed = findChangedSide(disk, mongo, agreed);
    if (changed !== "conflict" && (truth === undefined || changed === truth)) return changed;
    const isDecided = { disk: !isUndecided(disk.document), mongo: !isUndecided(mongo.document) };
    if (isDecided.disk === isDecided.mongo) return "conflict";
    const decided = isDecided.disk ? "disk" : "mongo";
    // With a merge base, the side that is not the truth has changed: only web's decision counts there.
    const isOfTruth = truth === undefined || (decided === truth && agreed === undefined);
    return isOfTruth || (decided !== truth && isInWindow) ? decided : "conflict";
  },
};

/**
 * Whether a record is older than another state of it. Without both dates, a run is older if its steps would run again.
 */
const isOlder: Readonly<Record<CollectionRole, (one: Side, other: Side) => boolean>> = {
  runs: ({ document: run }, { document: other }) => {
    const ours: unknown = run.updatedAt;
    const theirs: unknown = other.updatedAt;
    const areDated = ours instanceof Date && theirs instanceof Date;
    return areDated ? ours < theirs : wouldRepeatSteps(run, other);
  },
  artifacts: (one, other) => captureTime(one) < captureTime(other),
  approvals: () => false,
  logs: () => false,
};

function findChangedSide(disk: Side, mongo: Side, agreed: Hashes | undefined) {
  if (mongo.hash === agreed?.mongo) return "disk";
  return disk.hash === agreed?.disk ? "mongo" : "conflict";
}

/** A document that a service wrote without a date is older than any file. */
function captureTime({ document }: Side): number {
  const value: unknown = document.capturedAt;
  return value instanceof Date ? value.getTime() : -Infinity;
}

/** Whether an approval still waits for a decision. */
export function isUndecided({ status }: Document): boolean {
  return ["pending", "hold"].includes(String(status).toLowerCase());
}
