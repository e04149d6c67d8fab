import type { Collection } from "mongodb";
import type { CollectionRole } from "../../contract";
import type { BaseDocument } from "../bases";
import { withRetries } from "../../mongo";
import type { BothSides } from "../sides";
import type { ExportTally } from "./report";

/** What is exported and where to; `root` is made where it is not there. */
export interface ExportSides extends Omit<BothSides, "watch"> {
  /** Compares every document with its file, not only those that changed in MongoDB. */
  readonly all?: boolean;
  /** Leaves runs held that MongoDB does not have; without it they go back as they were. */
  readonly holdUnknown?: boolean;
  /** Gets the tally at the beginning, to look at it while the work goes on. */
  readonly watch?: (tally: ExportTally) => void;
}

/** A role's collection. */
export function roleCollection(
  { database, collections }: ExportSides,
  role: CollectionRole,
): Collection {
  return database.collection(collections[role]);
}

/** One export under way. */
export interface ExportRun {
  readonly sides: ExportSides;
  readonly bases: Collection<BaseDocument>;
  readonly tally: ExportTally;
}

/** Reads or writes bases, again where the server has trouble that passes. */
export function onBases<T>(
  { sides, bases }: ExportRun,
  work: (bases: Collection<BaseDocument>) => Promise<T>,
): Promise<T> {
  return withRetries(`Keeping bases in ${bases.namespace}`, () => work(bases), sides.retries);
}
