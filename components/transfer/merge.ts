import type { Document } from "mongodb";
import type { CollectionRole } from "../contract";
import { hashOf } from "../state";
import { type Base, type Hashes, agreementIn } from "./bases";
import type { ImportPass } from "./sides";

/**
 * What holds between a record on disk and the document of the same key:
 *
 * - `onlyOnDisk`, `onlyInMongo`: the other side has none; a deletion is never carried over;
 * - `equal`: nothing to do, because they are the same or neither changed since they agreed;
 * - `disk`: the file's wins;
 * - `mongo`: MongoDB's wins, the file's is older;
 * - `conflict`: nobody can say which counts. Never overwritten.
 */
export type Verdict = "onlyOnDisk" | "onlyInMongo" | "equal" | "disk" | "mongo" | "conflict";

/** One side's record with the hash that `hashOf` gives it. */
export interface Side {
  readonly hash: string;
  readonly document: Document;
}

/** A record or document as one side of a merge. */
export function sideOf(role: CollectionRole, document: Document): Side {
  return { hash: hashOf(role, document), document };
}

/**
 * The merge rules (issue #5, "Identity"). Changed on one side since the base: that side wins.
 * Changed on both: a conflict. Of approvals, a decision beats pending and two different decisions
 * conflict; of artifacts changed on both sides the newer `capturedAt` counts, on a tie MongoDB's.
 * Log entries are immutable. The final pass never updates a run that MongoDB has: after both rollouts MongoDB is the
 * source of truth for it.
 */
export function merge(
  role: CollectionRole,
  disk: Side | undefined,
  mongo: Side | undefined,
  base: Base | undefined,
  pass: ImportPass = "bulk",
): Verdict {
  if (!mongo) return "onlyOnDisk";
  if (!disk) return "onlyInMongo";
  if (disk.hash === mongo.hash) return "equal";
  const { agreed } = agreementIn(base, { disk: disk.hash, mongo: mongo.hash });
  if (disk.hash === agreed?.disk && mongo.hash === agreed.mongo) return "equal";
  const verdict = mergers[role](disk, mongo, agreed);
  return role === "runs" && pass === "final" && verdict === "disk" ? "conflict" : verdict;
}

type Merger = (
  disk: Side,
  mongo: Side,
  agreed: Hashes | undefined,
) => "disk" | "mongo" | "conflict";

const mergers: Readonly<Record<CollectionRole, Merger>> = {
  runs: findChangedSide,
  logs: () => "conflict",
  artifacts: (disk, mongo, agreed) => {
    const changed = findChangedSide(disk, mongo, agreed);
    if (changed !== "conflict") return changed;
    return captureTime(disk) > captureTime(mongo) ? "disk" : "mongo";
  },
  approvals: (disk, mongo, agreed) => {
    const ours = decision(disk);
    const theirs = decision(mongo);
    if (ours === theirs) return findChangedSide(disk, mongo, agreed);
    if (theirs === "pending") return "disk";
    return ours === "pending" ? "mongo" : "conflict";
  },
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

function decision({ document }: Side): string {
  return String(document.status).toLowerCase();
}
