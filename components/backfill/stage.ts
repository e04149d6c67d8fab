import type { MergeRules } from "./merge";

/**
 * Where in the cutover an import stands:
 *
 * - `backfill`: both services still write files;
 * - `delta`: the worker is stopped;
 * - `final`: both services are in Mongo mode, and MongoDB is the truth for every run it has.
 */
export type ImportStage = (typeof importStages)[number];

/** The stages in their order. */
export const importStages = ["backfill", "delta", "final"] as const;

/** The merge rules of a stage. */
export function rulesOf(stage: ImportStage): MergeRules {
  return { runsOnlyInserted: stage === "final" };
}
