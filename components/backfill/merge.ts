import type { Document } from "mongodb";
import type { CollectionRole } from "../contract";
import { differingPaths } from "./values/differences";

/**
 * What holds between a record on disk and the document of the same key:
 *
 * - `equal`: nothing to do;
 * - `mongo`: they differ, and MongoDB's stands;
 * - `disk`: they differ, and the file's wins;
 * - `conflict`: they differ, and nobody can say which counts. Never overwritten.
 */
export interface Verdict {
  readonly side: "equal" | "mongo" | "disk" | "conflict";
  /** Where they differ. */
  readonly paths: readonly string[];
}

/**
 * The merge rules. An approval's decision beats pending; of an artifact the newer `capturedAt`
 * counts, on a tie MongoDB's; a run that was updated later in MongoDB stands there, since nothing
 * but a service in Mongo mode makes it newer. A log entry is immutable.
 */
export function verdictOf(role: CollectionRole, disk: Document, mongo: Document): Verdict {
  const paths = differingPaths(role, disk, mongo);
  return { side: paths.length === 0 ? "equal" : winners[role](disk, mongo), paths };
}

type Winner = (disk: Document, mongo: Document) => "mongo" | "disk" | "conflict";

const winners: Readonly<Record<CollectionRole, Winner>> = {
  runs: (disk, mongo) => (timeOf(mongo.updatedAt) > timeOf(disk.updatedAt) ? "mongo" : "conflict"),
  logs: () => "conflict",
  artifacts: (disk, mongo) =>
    timeOf(disk.capturedAt) > timeOf(mongo.capturedAt) ? "disk" : "mongo",
  approvals: (disk, mongo) => {
    if (isPending(disk) === isPending(mongo)) return "conflict";
    return isPending(disk) ? "mongo" : "disk";
  },
};

/** The field of MongoDB's document on which a file's win rests: it must still be as it was seen. */
export const decidingField: Readonly<Partial<Record<CollectionRole, string>>> = {
  artifacts: "capturedAt",
  approvals: "status",
};

/** A document that a service wrote without a date is older than any file. */
function timeOf(value: unknown): number {
  return value instanceof Date ? value.getTime() : -Infinity;
}

function isPending({ status }: Document): boolean {
  return typeof status === "string" && status.toLowerCase() === "pending";
}
