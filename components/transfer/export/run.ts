import type { Collection } from "mongodb";
import type { CollectionRole } from "../../contract";
import { ServerTroubleError, withRetries } from "../../mongo";
import type { Key, StateAddress, WholeFileRole } from "../../state";
import type { Base, BaseDocument, NewBase } from "../bases";
import type { BothSides } from "../sides";
import type { ExportReport, Tally } from "../tally";

/** What is exported and where to; `root` is created if it is not there. */
export interface ExportSides extends BothSides {
  /** Compares every document with its file, not only those that changed in MongoDB. */
  readonly all?: boolean;
  /** Puts held runs that MongoDB does not have back as they were: without it they stay held. */
  readonly releaseUnknown?: boolean;
  /** What is read may never reach a majority: as a base it would let an older record win later. */
  readonly isUnconfirmed?: boolean;
}

/** One export under way. */
export interface ExportTask {
  readonly sides: ExportSides;
  /** Where conflict copies go, those of held runs too. */
  readonly conflicts: StateAddress;
  /** The bases, and why they are not written any more; mostly undefined. */
  readonly bases: { readonly collection: Collection<BaseDocument>; trouble?: string | undefined };
  readonly tally: Tally;
  /** The lists that an export keeps whole. */
  readonly lists: Pick<
    ExportReport,
    "withoutBase" | "returned" | "stillHeld" | "inTheWay" | "behind"
  >;
  /** What both sides have now, to be said when a block is done. */
  readonly settled: NewBase[];
  readonly turns: Turns;
}

/** For each file name of a run at work: what ends when the last one with it is done. */
export type Turns = Map<string, Promise<void>>;

/** Reads or writes bases, again if the server has trouble that passes. */
export function onBases<T>(
  { sides, bases: { collection } }: ExportTask,
  work: (bases: Collection<BaseDocument>) => Promise<T>,
): Promise<T> {
  return withRetries(`Keeping bases in ${collection.namespace}`, () => work(collection), sides);
}

/**
 * Writes bases, unless that failed before: no file waits for them, because a rollback only needs to read.
 * Without a base a later change of both sides is a conflict, and nothing is lost.
 *
 * @returns whether they are written
 */
export async function keepBases(
  task: ExportTask,
  write: (bases: Collection<BaseDocument>) => Promise<void>,
): Promise<boolean> {
  if (task.bases.trouble !== undefined) return false;
  try {
    await onBases(task, write);
    return true;
  } catch (error) {
    if (!(error instanceof ServerTroubleError)) throw error;
    task.bases.trouble = error.found;
    return false;
  }
}

/** What MongoDB has of a run: an export's unit. */
export interface RunInMongo {
  readonly runId: string;
  /** The documents of each file; of `runs` none if MongoDB does not have the run itself. */
  readonly files: ReadonlyMap<WholeFileRole, readonly StoredDocument[]>;
  readonly log: LogInMongo | undefined;
  /** The bases of the whole block. */
  readonly bases: ReadonlyMap<CollectionRole, ReadonlyMap<Key, Base>>;
}

/** A document as far as it has to be known if it did not change. */
export interface StoredDocument {
  readonly key: Key;
  /** By `hashOf`. */
  readonly hash: string;
  /** The document itself; absent if a block has no room for it: then it is read again. */
  readonly bytes: Uint8Array | undefined;
}

/** A log as far as it has to be known if it did not change. */
export interface LogInMongo {
  /** The greatest sequence; undefined if it is not an integer. */
  readonly last: bigint | undefined;
  /** The last entry's, by `hashOf`. */
  readonly hash: string;
}
