import { type CollectionRole, byRole, collectionRoles } from "../contract";
import type {
  Conversion,
  IncompleteLine,
  JobCounts,
  RecordLocation,
  RefusalReason,
  Skipped,
} from "../state";

/**
 * What became of one collection's records: `read` is the sum of `inserted`, `updated`,
 * `unchanged`, `removed` and `quarantined`; `normalized` counts those of the first three that needed a
 * conversion beyond their form.
 */
export interface Counts {
  read: number;
  inserted: number;
  updated: number;
  unchanged: number;
  normalized: number;
  /** Removed in MongoDB since the cutover: not inserted again. */
  removed: number;
  quarantined: number;
}

/** A record that was left out, and why. */
export interface Quarantined extends RecordLocation {
  readonly reason: RefusalReason;
  readonly detail: string;
  /** Where the record is that has the same key and came first. */
  readonly other?: RecordLocation;
  /** The run of which MongoDB has different content, while no cutover is in force. */
  readonly runId?: string;
}

/** A document whose file changed too. Paths are below the root. */
export interface FileConflict {
  readonly id: string;
  readonly file: string;
  /** The conflict copy, with MongoDB's content. */
  readonly copy: string;
  readonly detail: string;
}

/** A log that differs from MongoDB; both sides stay. */
export interface LogConflict {
  readonly runId: string;
  readonly file: string;
  /** The collection of MongoDB's entries. */
  readonly collection: string;
  readonly detail: string;
}

/** A document that could not be written, and why. */
export interface Unwritable {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
}

/**
 * The side that is not as the last export left it. The directory is an older copy or another one: neither a merge base
 * nor a stat says what its files have. MongoDB was restored, or a write to it was cut off: its merge bases are as old
 * as it is.
 */
export type OlderSide = "directory" | "mongo";

/** A run that is not the same on both sides, and what each side has. */
export interface UnequalRun {
  readonly runId: string;
  readonly detail: string;
}

/** The runs that one side may still execute, compared before the cutover is recorded. */
export interface UnfinishedRuns {
  readonly compared: number;
  /** Held runs, which were left out. */
  readonly held: number;
  /** Runs whose files changed since their import; the delta pass imports them. */
  readonly changed: number;
  /** What stops the cutover; in outputs the first twenty. */
  readonly unequal: readonly UnequalRun[];
}

/** What an import did. `quarantine` and `incomplete` hold the first thousand each. */
export interface ImportReport extends Record<CollectionRole, Counts> {
  files: number;
  bytes: number;
  elapsedMs: number;
  /** How many records needed each kind of conversion. */
  conversions: Partial<Record<Conversion, number>>;
  skipped: Skipped;
  incomplete: IncompleteLine[];
  quarantine: Quarantined[];
  /** How many files were not read again, because they are as they were when they were imported. */
  unchangedFiles: number;
  /** How many files changed after they were read: a later import brings what they have now. */
  changedFiles: number;
  /**
   * Quarantined runs that are unfinished on disk, or that nobody can parse: they stop a cutover. How many
   * there are, and the first thousand.
   */
  quarantinedUnfinished: { count: number; cases: Quarantined[] };
  /** The first thousand runs that MongoDB removed since the cutover, and that are unfinished on disk. */
  removedUnfinished: string[];
  /**
   * The first thousand runs that web wrote to files after the handover, and that were begun in MongoDB from their jobs:
   * their files went to `superseded/`. Absent if there are none.
   */
  begunInMongo?: string[];
  /**
   * Runs with steps to do whose approval the final pass changed from undecided, with the archived job that would resume
   * each, as far as it is known. Absent if there are none.
   */
  decidedLate?: { runId: string; job?: string }[];
  /** The jobs that wait, counted in the handover and the final pass; absent without a queue. */
  jobs?: JobCounts;
  /** Absent while a cutover is in force, and if nothing was compared. */
  unfinished?: UnfinishedRuns;
  /** How many runs on disk may still execute steps, quarantined ones included. */
  unfinishedRuns: number;
  /**
   * Files whose records the first verification compared, and files that it left out because they changed; and how long
   * the import of these took after it. Absent if there was no first verification.
   */
  firstVerification?: { verifiedFiles: number; changedFiles: number; importMs: number };
}

/**
 * What became of one collection's documents: `documents` is the sum of the others. Log entries count if they were
 * written or could not be, and a log that differs counts as one.
 */
export interface ExportCounts {
  documents: number;
  /** Written to files: new there, or changed only in MongoDB. */
  written: number;
  /** The file has it, or neither side changed since the last import or export. */
  unchanged: number;
  /** Changed only on disk: the file stays, the next import brings it. */
  newerOnDisk: number;
  /** Changed on both sides: the file stays, MongoDB's content is written to a conflict copy. Of logs: that differ. */
  conflicts: number;
  /** No file can hold it. */
  unwritable: number;
  /** Removed on disk since the cutover ended: not written again. */
  removed: number;
}

/** What an export did. `conflicts` and `unwritable` hold the first thousand cases each. */
export interface ExportReport extends Record<CollectionRole, ExportCounts> {
  /** How many files were written again or appended to, conflict copies not counted. */
  files: number;
  /** How many bytes were written. */
  bytes: number;
  elapsedMs: number;
  conflicts: (FileConflict | LogConflict)[];
  unwritable: Unwritable[];
  /** The first thousand runs that were removed on disk since the cutover ended, and that are unfinished in MongoDB. */
  removedUnfinished: string[];
  /**
   * The records of which both sides have the same, without a merge base that says so: how many, and the first thousand.
   */
  withoutMergeBase: { count: number; cases: string[] };
  /** Why there are such records; absent if there are none. */
  baseTrouble?: string;
  /** The runs that were held and are in their places again. */
  returned: string[];
  /** The runs that stay held: in conflict, not to be written, or another file has the place. */
  stillHeld: string[];
  /** Those of `stillHeld` of which another file has the place. */
  destinationTaken: string[];
  /** Held jobs of which no run is held: they cannot be read, or their run has no file yet. */
  heldJobs: string[];
  /** Which side is not as the last export left it, so that everything was compared; absent if both are. */
  older?: OlderSide;
}

/** What a report counted of each collection. */
export type RoleCounts<Count extends string> = Readonly<
  Record<CollectionRole, Readonly<Record<NoInfer<Count>, number>>>
>;

/** The sum of a count over all collections. */
export function sumCounts<Count extends string>(report: RoleCounts<Count>, count: Count): number {
  return collectionRoles.reduce((sum, role) => sum + report[role][count], 0);
}

/** The report of two imports of the same files: a record that both of them wrote counts once. */
export function joinImports(first: ImportReport, second: ImportReport): ImportReport {
  const counts = byRole((role): Counts => {
    const { read, normalized, removed, quarantined } = second[role];
    const taken = read - removed - quarantined;
    const inserted = Math.min(taken, first[role].inserted + second[role].inserted);
    const updated = Math.min(taken - inserted, first[role].updated + second[role].updated);
    const unchanged = taken - inserted - updated;
    return { read, inserted, updated, unchanged, normalized, removed, quarantined };
  });
  const { unchangedFiles } = first;
  const bytes = first.bytes + second.bytes;
  return {
    ...second,
    ...counts,
    unchangedFiles,
    bytes,
    elapsedMs: first.elapsedMs + second.elapsedMs,
  };
}
