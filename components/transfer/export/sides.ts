import type { CollectionRole } from "../../contract";
import { rolesIn } from "../../state";
import type { Hashes } from "../merge-bases";
import type { OlderSide } from "../reports";
import type { BothSides } from "../sides";

/** What is exported and where to; `root` is created if it is not there. */
export interface ExportSides extends BothSides {
  /** The side that is not as the last export left it. It calls for `all`. */
  readonly older?: OlderSide | undefined;
  /** Compares every document with its file, not only those that changed in MongoDB. */
  readonly all?: boolean;
  /** Whether a majority may never have what is read. As a merge base it would let an older record win later. */
  readonly isUnconfirmed?: boolean;
  /** The only runs that are exported; default all, and what has no run. */
  readonly only?: readonly string[] | undefined;
  /** The side that is the source of truth, as `merge` has it. Default: none. */
  readonly truth?: keyof Hashes | undefined;
  /**
   * The services go on in MongoDB: nothing is written without a merge base, because a later change would be a conflict.
   */
  readonly isBulk?: boolean;
}

/** What belongs to a run: it comes to files before the run does. */
export type PartRole = Exclude<CollectionRole, "runs">;

/** The parts that an export writes. */
export function partRoles(sides: ExportSides): PartRole[] {
  return rolesIn(sides).filter((role) => role !== "runs");
}
