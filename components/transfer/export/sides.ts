import type { CollectionRole } from "../../contract";
import { rolesIn } from "../../state";
import type { Circumstances } from "../merge";
import type { OlderSide } from "../reports";
import type { BothSides } from "../sides";

/** Both sides of an export, and its options; `root` is created if it is missing. */
export interface ExportSides extends BothSides, Pick<Circumstances, "truth" | "isInWindow"> {
  /** The side that is not as the last export left it. It requires `all`. */
  readonly older?: OlderSide | undefined;
  /** Compares every document with its file, not only those that changed in MongoDB. */
  readonly all?: boolean;
  /** Whether a majority may never have the data that is read. A merge base of it would let an older record win later. */
  readonly isUnconfirmed?: boolean;
  /** The only runs that are exported; default: all runs, and records without a run. */
  readonly only?: readonly string[] | undefined;
  /**
   * Whether the services still work on MongoDB. Then nothing is written without a merge base, because a later change
   * would be a conflict.
   */
  readonly isBulk?: boolean;
}

/** The role of a run's parts, which are written to files before the run is. */
export type PartRole = Exclude<CollectionRole, "runs">;

/** The parts that an export writes. */
export function partRoles(sides: ExportSides): PartRole[] {
  return rolesIn(sides).filter((role) => role !== "runs");
}
