import { type CollectionRole, collectionRoles } from "../contract";
import type { IncompleteLine, JobCounts, RecordLocation, RefusalReason, Skipped } from "../state";

/**
 * The outcomes of one collection's records: `read` is the sum of `inserted`, `updated`, `unchanged`, `removed` and
 * `quarantined`.
 */
export interface Counts {
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  /** Removed in MongoDB since the cutover: not inserted again. */
  removed: number;
  quarantined: number;
}

/** Cases of a kind: their number, and the first thousand. */
export interface Cases<Case> {
  count: number;
  cases: Case[];
}

/** The beginning of a count. */
export const noCases = <Case>(): Cases<Case> => ({ count: 0, cases: [] });

/** A quarantined record, with the reason. */
export interface Quarantined extends RecordLocation {
  readonly reason: RefusalReason;
  readonly detail: string;
  /** The location of the first record with the same key. */
  readonly other?: RecordLocation;
  /** The run whose content in MongoDB differs, while no cutover is in force. */
  readonly runId?: string;
}

/** A document whose file changed too. Paths are below the root. */
export interface FileConflict {
  readonly id: string;
  readonly file: string;
  /** The conflict copy, with MongoDB's content; absent if MongoDB has none. */
  readonly copy?: string;
  readonly detail: string;
}

/** An approval that MongoDB removed, and that was deleted from its file. Paths are below the root. */
export interface RemovedApproval {
  readonly id: string;
  readonly file: string;
  /** A copy of the file as it was. */
  readonly copy: string;
}

/** A log that differs from MongoDB's entries: no entry is overwritten, and the file gets those that it lacks. */
export interface LogConflict {
  readonly runId: string;
  readonly file: string;
  /** The collection of MongoDB's entries. */
  readonly collection: string;
  readonly detail: string;
}

/** A document that could not be written, with the reason. */
export interface Unwritable {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
}

/**
 * The side that is not as the last export left it. `directory` is an older copy or another one: neither merge bases nor
 * stats apply to its files. `mongo` was restored, or a write to it was cut off: its merge bases are as old as its
 * documents. `diverged`: each side went on from a copy of its own, so that neither is older, and no merge base applies.
 */
export type OlderSide = "directory" | "mongo" | "diverged";

/** A run that differs between the sides, with a description of each. */
export interface UnequalRun {
  readonly runId: string;
  readonly detail: string;
}

/** The comparison, before the cutover is recorded, of the runs that may still execute steps on either side. */
export interface UnfinishedRuns {
  readonly compared: number;
  /** Held runs without another file, which were left out. */
  readonly held: number;
  /** Runs whose held copies went to `superseded/`, because another file is the same as MongoDB's document. */
  readonly superseded?: readonly string[];
  /** Runs whose files changed since their import; the delta pass imports them. */
  readonly changed: number;
  /** The runs that stop the cutover; outputs hold the first twenty. */
  readonly unequal: readonly UnequalRun[];
}

/**
 * The results of an import. `quarantine` holds the first 10,000 runs, then the first thousand others of each
 * collection.
 */
export interface ImportReport extends Record<CollectionRole, Counts> {
  files: number;
  bytes: number;
  elapsedMs: number;
  skipped: Skipped;
  /** Last lines of logs that have no end yet: a later import reads them. */
  incomplete: Cases<IncompleteLine>;
  quarantine: Quarantined[];
  /** The number of files that were not read again, because they are as they were imported. */
  unchangedFiles: number;
  /** The number of files that changed after they were read: a later import reads them again. */
  changedFiles: number;
  /**
   * Quarantined runs that are unfinished on disk, or cannot be parsed: they stop a cutover. Without those of `misnamed`.
   */
  quarantinedUnfinished: Cases<Quarantined>;
  /**
   * Runs whose files do not have their names: they stop a cutover. `encodedCount` of them have the id in
   * percent-encoding as their name. Absent if there are none.
   */
  misnamed?: Cases<Quarantined> & { encodedCount: number };
  /** The runs that MongoDB removed since the cutover, and that are unfinished on disk. */
  removedUnfinished: Cases<string>;
  /**
   * The runs that web wrote to files after the handover, and that were begun in MongoDB from their jobs:
   * their files went to `superseded/`. Absent if there are none.
   */
  begunInMongo?: Cases<string>;
  /**
   * The runs that this import inserted although the bookkeeping of the cutover in force was lost: MongoDB
   * may have had them. Absent if the bookkeeping is there.
   */
  bookkeepingLost?: Cases<string>;
  /**
   * Runs with steps to do whose approval the final pass changed from undecided, with the archived job that would resume
   * each, if it is known. Absent if there are none.
   */
  decidedLate?: { runId: string; job?: string }[];
  /** The jobs that wait, counted in the handover and the final pass; absent without a queue. */
  jobs?: JobCounts;
  /** Absent while a cutover is in force, and if nothing was compared. */
  unfinished?: UnfinishedRuns;
  /** The number of runs on disk that may still execute steps, including quarantined runs. */
  unfinishedRuns: number;
  /**
   * The files that the first verification compared, those that it left out because they changed, and how long the
   * import of the latter took. Absent if there was no first verification.
   */
  firstVerification?: { verifiedFiles: number; changedFiles: number; importMs: number };
}

/**
 * The outcomes of one collection's documents: `documents` is the sum of the others. Log entries count if they were
 * written or could not be, and a log that differs counts as one.
 */
export interface ExportCounts {
  documents: number;
  /** Written to files: new there, or changed only in MongoDB. */
  written: number;
  /** Equal in the file, or unchanged on both sides since the last import or export. */
  unchanged: number;
  /** Changed only on disk: the file stays, and the next import reads it. */
  newerOnDisk: number;
  /**
   * Changed on both sides: the file stays, MongoDB's content is written to a conflict copy. For logs: logs that
   * differ, whose files get the entries that they lack.
   */
  conflicts: number;
  /** No file can hold it. */
  unwritable: number;
  /** Removed on disk since the cutover ended: not written again. */
  removed: number;
}

/** The results of an export. `conflicts` and `unwritable` hold the first thousand cases each. */
export interface ExportReport extends Record<CollectionRole, ExportCounts> {
  /** The number of files that were rewritten or appended to, without conflict copies. */
  files: number;
  /** The number of bytes that were written. */
  bytes: number;
  elapsedMs: number;
  conflicts: (FileConflict | LogConflict)[];
  unwritable: Unwritable[];
  /** The runs that were removed on disk since the cutover ended, and that are unfinished in MongoDB. */
  removedUnfinished: Cases<string>;
  /** The approvals of unfinished runs that MongoDB removed. Absent if there are none. */
  removedApprovals?: Cases<RemovedApproval>;
  /** The records that are equal on both sides, without a merge base that says so. */
  withoutMergeBase: Cases<string>;
  /** The reason for such records; absent if there are none. */
  baseTrouble?: string;
  /** The runs that were held before and whose files are back in their folders. */
  returned: string[];
  /** The runs that stay held: in conflict, unwritable, or blocked by another file of the same name. */
  stillHeld: string[];
  /** The runs of `stillHeld` that another file of the same name blocks. */
  destinationTaken: string[];
  /** Runs whose held copies went to `superseded/`, because another file is not older than MongoDB's document. */
  superseded?: readonly string[];
  /** Held jobs without a held run: they cannot be read, or their run has no file to start from. */
  heldJobs: string[];
  /** Held jobs of runs that neither side has, which are back in the queue: the worker begins these runs. */
  returnedJobs?: readonly string[];
  /** The side that is not as the last export left it, so that everything was compared; absent if both are. */
  older?: OlderSide;
}

/** A report's counts of each collection. */
export type RoleCounts<Count extends string> = Readonly<
  Record<CollectionRole, Readonly<Record<NoInfer<Count>, number>>>
>;

/** The sum of a count over all collections. */
export function sumCounts<Count extends string>(report: RoleCounts<Count>, count: Count): number {
  return collectionRoles.reduce((sum, role) => sum + report[role][count], 0);
}
