import type { Side } from "../merge";
import type { Key } from "../../state";
import type { Collection } from "mongodb";
import { withRetries } from "../../mongo";
import type { BaseDocument, Base } from "../bases";
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

/** A document on its way to a file. */
export interface Outgoing {
  readonly key: Key;
  readonly side: Side;
  readonly base: Base | undefined;
}
