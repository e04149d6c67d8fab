import type { StateInputs } from "../state-inputs";
import type { Fence } from "./fence";
import type { LastCount } from "./last-count";
import type { WayBack } from "./steps";

/**
 * Inputs of an export; `uri` is secret and may be absent in filesystem mode.
 *
 * The stage `export` stands between the delta import and the worker's rollout, `rest` behind web's.
 */
export interface ExportInputs extends StateInputs {
  readonly stage: "export" | "rest";
  readonly heldRuns: "hold" | "release";
  /** How long a rollback waits for a primary, in s; not compared. */
  readonly electionSeconds: number;
  /** The fence whose later changes are given up where MongoDB has no primary; not compared. */
  readonly abandonMongo?: string;
  /** The collection of the migration's record, in which a fence is noted. It is not compared. */
  readonly ledger: string;
  /** What the last verification counted: for the words of the stage `rest` alone; not compared. */
  readonly lastCount?: LastCount;
}

/** Outputs of an export; its report names the first twenty cases of a kind. */
export interface ExportResults {
  /** Drawn in the last cutover; absent until one reached this step, and in the stage `rest`. */
  readonly fence?: Fence;
  /** What the last way back did; absent until there was one. */
  readonly wayBack?: WayBack;
}

/** The inputs that a later run is compared with; the connection string is none of them. */
export type Kept = Pick<ExportInputs, "mode" | "cutover" | "root" | "layout" | "heldRuns">;

/** The state: what the last run was asked for and what it did. */
export type ExportState = Kept & ExportResults & { readonly applied: boolean };

/** The id of the resource. */
export function idOf({ database, stage }: ExportInputs): string {
  return `${database ?? ""}/${stage}`;
}

/** The state after a run that was asked for these inputs. */
export function stateOf(inputs: ExportInputs, results: ExportResults): ExportState {
  const { mode, cutover = 1, root, layout, heldRuns } = inputs;
  return { mode, cutover, root, layout, heldRuns, ...results, applied: true };
}
