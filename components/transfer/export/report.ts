import type { CollectionRole } from "../../contract";
import type { ExportConflict, Unwritable } from "../tally";

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
  /** Changed on both sides: the file stays, MongoDB's content is written to a conflict copy. Of logs: that differ. */
  conflicts: number;
  /** No file can hold it. */
  unwritable: number;
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

/** The lists that an export keeps whole. */
export type ExportLists = Pick<
  ExportReport,
  "withoutBase" | "returned" | "stillHeld" | "inTheWay" | "behind"
>;
