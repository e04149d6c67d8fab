import { type CollectionRole, collectionRoles } from "../contract";
import type { IncompleteLine, JobCounts, RecordLocation, RefusalReason, Skipped } from "../state";
import type { Counts, Pass } from "./outcomes";

/**
 * Cases of a kind: their number, and all of them, or the first thousand, or in a stack's outputs the first 20. Runs that
 * a decision needs are all there until the report becomes an output.
 */
export interface Cases<Case> {
  count: number;
  cases: Case[];
}

/** The beginning of a count. */
export const noCases = <Case>(): Cases<Case> => ({ count: 0, cases: [] });

/** A list with its number. */
export const casesOf = <Case>(all: readonly Case[]): Cases<Case> => ({
  count: all.length,
  cases: [...all],
});

/** The number of cases. In the outputs of an earlier version there is only a list. */
export const countOf = (found: Readonly<Cases<unknown>> | readonly unknown[] = []): number =>
  "count" in found ? found.count : found.length;

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
  readonly superseded?: Cases<string>;
  /** Runs whose files changed since their import; the delta pass imports them. */
  readonly changed: number;
  /** The runs that stop the cutover. */
  readonly unequal: Cases<UnequalRun>;
}

/** Records on disk that were left out. */
interface LeftOut {
  /** The first 10,000 runs, then the first thousand others of each collection. */
  quarantine: Quarantined[];
  /** Last lines of logs that have no end yet: a later import reads them. */
  incomplete: Cases<IncompleteLine>;
  /** The runs that MongoDB removed since the cutover, and that are unfinished on disk. */
  removedUnfinished: Cases<string>;
}

interface ImportDetails extends LeftOut {
  skipped: Skipped;
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
  decidedLate?: Cases<{ runId: string; job?: string }>;
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

interface ExportDetails {
  conflicts: Cases<FileConflict | LogConflict>;
  unwritable: Cases<Unwritable>;
  /** The runs that were removed on disk since the cutover ended, and that are unfinished in MongoDB. */
  removedUnfinished: Cases<string>;
  /** The approvals of unfinished runs that MongoDB removed. Absent if there are none. */
  removedApprovals?: Cases<RemovedApproval>;
  /** The records that are equal on both sides, without a merge base that says so. */
  withoutMergeBase: Cases<string>;
  /** The reason for such records; absent if there are none. */
  baseTrouble?: string;
  /** The runs that were held before and whose files are back in their folders. */
  returned: Cases<string>;
  /** The runs that stay held: in conflict, unwritable, or blocked by another file of the same name. */
  stillHeld: Cases<string>;
  /** The runs of `stillHeld` that another file of the same name blocks. */
  destinationTaken: Cases<string>;
  /** Runs whose held copies went to `superseded/`, because another file is not older than MongoDB's document. */
  superseded?: Cases<string>;
  /** Held jobs without a held run: they cannot be read, or their run has no file to start from. */
  heldJobs: Cases<string>;
  /** Held jobs of runs that neither side has, which are back in the queue: the worker begins these runs. */
  returnedJobs?: Cases<string>;
  /** The side that is not as the last export left it, so that everything was compared; absent if both are. */
  older?: OlderSide;
}

/** A form, such as `date` or `lower-case string`, with the number of documents that have it, and one of them. */
export interface SeenForm {
  readonly form: string;
  readonly count: number;
  readonly example: string;
}

/**
 * A path at which the services write other forms than the import, or a form that no file can hold. Lists are flattened:
 * `steps[].status`.
 */
export interface FormDifference {
  readonly role: CollectionRole;
  readonly path: string;
  /** `absent`, with the count 0, if only services have the path. */
  readonly imported: SeenForm;
  readonly services: readonly SeenForm[];
}

/** The results of a check of forms. */
export interface ComparedForms {
  /** The number of documents of services that were compared. */
  readonly compared: Readonly<Record<CollectionRole, number>>;
  readonly differences: readonly FormDifference[];
  /** For `advanced.acceptForms`; absent if nothing differs, and no table of integers is contradicted. */
  readonly hash?: string;
}

/** A record that differs between the sides, with the paths that differ. */
export interface DifferentRecord {
  readonly id: string;
  readonly paths: readonly string[];
}

/** A verification holds if nothing is missing, and everything that differs or is quarantined was accepted. */
interface VerificationDetails extends LeftOut {
  holds: boolean;
  /** The hash of all differing and quarantined records, for `advanced.acceptQuarantined`; absent if there are none. */
  hash?: string;
  /** When MongoDB's documents were counted: ISO 8601. */
  at: string;
  /** The first thousand ids of each collection's missing records; absent in a report of an earlier version. */
  onlyInFiles?: Record<CollectionRole, string[]>;
  /** The first thousand differing records of each collection; absent as `onlyInFiles`. */
  different?: Record<CollectionRole, DifferentRecord[]>;
  /** The reason why the next import still trusts the files' checkpoints although the verification does not hold. */
  notForgotten?: string;
  /** The check of forms, which does not count for `holds`; absent in the first verification. */
  forms?: ComparedForms;
  /**
   * The number of files that a first verification compared, and that it left out because they changed; absent in the
   * final verification.
   */
  firstVerification?: { verifiedFiles: number; changedFiles: number };
}

interface Details {
  readonly import: ImportDetails;
  readonly export: ExportDetails;
  readonly verification: VerificationDetails;
}

/** The files that a pass read, or that an export rewrote or appended to, without conflict copies; their bytes; its time. */
interface Amounts {
  files: number;
  bytes: number;
  elapsedMs: number;
}

/** What a pass did, found or would do: counts of each collection, amounts, and what it names. */
export type Report<Of extends Pass> = Record<CollectionRole, Counts<Of>> & Amounts & Details[Of];

/** A report's counts of each collection. */
export type RoleCounts<Count extends string> = Readonly<
  Record<CollectionRole, Readonly<Record<NoInfer<Count>, number>>>
>;

/** The sum of a count over all collections. */
export function sumCounts<Count extends string>(report: RoleCounts<Count>, count: Count): number {
  return collectionRoles.reduce((sum, role) => sum + report[role][count], 0);
}
