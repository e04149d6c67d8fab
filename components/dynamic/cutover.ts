import type { MongoSideInputs } from "./mongo-side";

/** Inputs of a step that runs once in each cutover. */
export interface CutoverInputs extends MongoSideInputs {
  readonly mode: "mongo" | "filesystem";
  /** The number of the cutover, from 1; counted by `countCutover`, never given. */
  readonly cutover?: number;
}

/**
 * Counts the cutovers of a stack: one more when the mode goes from filesystem to mongo. A step
 * whose outputs name an earlier cutover has to run again; nothing else about the files or the
 * database makes it run.
 */
export function countCutover<Inputs extends CutoverInputs>(
  olds: Partial<Inputs>,
  news: Inputs,
): Inputs {
  const begins = olds.mode === "filesystem" && news.mode === "mongo";
  return { ...news, cutover: (olds.cutover ?? 1) + (begins ? 1 : 0) };
}
