import { type CollectionRole, byRole, collectionRoles } from "../../contract";
import type { Refusal } from "../../state";

/**
 * What became of one collection's documents: `documents` is the sum of the others. For logs a
 * document is a log entry that was looked at, else a run, an approval or an artifact.
 */
export interface ExportCounts {
  documents: number;
  /** Written to files: new there, or changed only in MongoDB. */
  written: number;
  /** The file has it, or neither side changed since the last import or export. */
  unchanged: number;
  /** Changed only on disk: the file stays, the next import brings it. */
  newerOnDisk: number;
  /** Changed on both sides: the file stays, MongoDB's content is written to a conflict copy. */
  conflicts: number;
  /** No file can hold it. */
  unwritable: number;
}

/** A document whose file changed too; `copy` has MongoDB's content. Paths are below the root. */
export interface ExportConflict {
  readonly id: string;
  readonly file: string;
  readonly copy: string;
  readonly detail: string;
}

/** A document that could not be written, and why. */
export interface Unwritable {
  readonly id: string;
  readonly reason: string;
  readonly detail: string;
}

/** What an export did. `conflicts` and `unwritable` hold the first thousand cases each. */
export interface ExportReport extends Record<CollectionRole, ExportCounts> {
  /** How many files were written again or appended to, conflict copies not counted. */
  files: number;
  /** How many bytes were written. */
  bytes: number;
  elapsedMs: number;
  conflicts: ExportConflict[];
  unwritable: Unwritable[];
  /** The records of which both sides have the same, without a base that says so: all of them. */
  withoutBase: string[];
  /** Why there are such records; absent if there are none. */
  baseTrouble?: string;
  /** The runs that were held and are in their places again. */
  returned: string[];
  /** The runs that stay held: in conflict, not to be written, or another file has the place. */
  stillHeld: string[];
  /** Those of `stillHeld` of which another file has the place. */
  inTheWay: string[];
  /** The runs whose files in their places are older than MongoDB: all that failed, or that it has no more. */
  behind: string[];
}

export type ExportOutcome = Exclude<keyof ExportCounts, "documents">;

const keptCases = 1_000;

/** Counts what becomes of each document while an export runs; the lists are the report's. */
export class ExportTally {
  private readonly started = Date.now();
  readonly counts = byRole<ExportCounts>(noneExported);
  readonly conflicts: ExportConflict[] = [];
  readonly unwritable: Unwritable[] = [];
  readonly withoutBase: string[] = [];
  readonly returned: string[] = [];
  readonly stillHeld: string[] = [];
  readonly inTheWay: string[] = [];
  readonly behind: string[] = [];
  files = 0;
  bytes = 0;

  settle(role: CollectionRole, outcome: ExportOutcome, documents = 1): void {
    this.counts[role].documents += documents;
    this.counts[role][outcome] += documents;
  }

  conflict(role: CollectionRole, conflict: ExportConflict): void {
    this.settle(role, "conflicts");
    if (this.conflicts.length < keptCases) this.conflicts.push(conflict);
  }

  refuse(role: CollectionRole, id: string, { reason, detail }: Refusal): void {
    this.settle(role, "unwritable");
    if (this.unwritable.length < keptCases) this.unwritable.push({ id, reason, detail });
  }

  /** Counts what another tally has counted of documents and files. */
  add(other: ExportTally): void {
    for (const role of collectionRoles) {
      for (const count of countNames) this.counts[role][count] += other.counts[role][count];
    }
    this.conflicts.push(...other.conflicts.slice(0, keptCases - this.conflicts.length));
    this.unwritable.push(...other.unwritable.slice(0, keptCases - this.unwritable.length));
    this.files += other.files;
    this.bytes += other.bytes;
  }

  report(): ExportReport {
    const { started, counts, ...rest } = this;
    return { ...rest, ...counts, elapsedMs: Date.now() - started };
  }
}

const countNames = Object.keys(noneExported()) as (keyof ExportCounts)[];

function noneExported(): ExportCounts {
  return { documents: 0, written: 0, unchanged: 0, newerOnDisk: 0, conflicts: 0, unwritable: 0 };
}
