import type { Collection } from "mongodb";
import type { CollectionRole } from "../../contract";
import { withRetries } from "../../mongo";
import type { Key, StateAddress, WholeFileRole } from "../../state";
import type { Base, BaseDocument, NewBase } from "../bases";
import type { BothSides } from "../sides";
import type { ExportTally } from "./report";

/** What is exported and where to; `root` is created if it is not there. */
export interface ExportSides extends Omit<BothSides, "watch"> {
  /** Compares every document with its file, not only those that changed in MongoDB. */
  readonly all?: boolean;
  /** Leaves runs held that MongoDB does not have; without it they go back as they were. */
  readonly holdUnknown?: boolean;
  /** Gets the tally at the beginning, to look at it while the work goes on. */
  readonly watch?: (tally: ExportTally) => void;
}

/** One export under way. */
export interface ExportTask {
  readonly sides: ExportSides;
  /** Where conflict copies go, those of held runs too. */
  readonly conflicts: StateAddress;
  readonly bases: Collection<BaseDocument>;
  readonly tally: ExportTally;
  /** What both sides have now, to be said when a block is done. */
  readonly settled: NewBase[];
  readonly turns: Turns;
}

/** For each file name of a run at work: what ends when the last one with it is done. */
export type Turns = Map<string, Promise<void>>;

/** Reads or writes bases, again if the server has trouble that passes. */
export function onBases<T>(
  { sides, bases }: ExportTask,
  work: (bases: Collection<BaseDocument>) => Promise<T>,
): Promise<T> {
  return withRetries(`Keeping bases in ${bases.namespace}`, () => work(bases), sides);
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
  readonly count: number;
  /** The greatest sequence; undefined if it is not an integer. */
  readonly last: bigint | undefined;
  /** The last entry's, by `hashOf`; absent if several entries have its sequence. */
  readonly hash: string | undefined;
}
