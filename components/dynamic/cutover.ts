import type { MongoSideInputs } from "./mongo-side";

/** Inputs of a step that runs once in each cutover. */
export interface CutoverInputs extends MongoSideInputs {
  readonly mode: "mongo" | "filesystem";
  /** The number of the cutover, from 1; counted by `countCutover`, never given. */
  readonly cutover?: number;
}

/** The same of a step that has no mode: in filesystem mode its connection string is absent. */
export type CountedInputs = MongoSideInputs & Pick<CutoverInputs, "cutover">;

/**
 * Counts the cutovers of a stack: one more when the mode goes from filesystem to mongo. A step
 * whose outputs name an earlier cutover has to run again; nothing else about the files or the
 * database makes it run.
 */
export function countCutover<Inputs extends CutoverInputs>(
  olds: Partial<Inputs>,
  news: Inputs,
): Inputs {
  return counted(olds, news, olds.mode === "filesystem" && news.mode === "mongo");
}

/** Counts them by the connection string, for a step that has no mode. */
export function countCutoverByUri<Inputs extends CountedInputs>(
  olds: Partial<Inputs>,
  news: Inputs,
): Inputs {
  const exists = Object.keys(olds).length > 0;
  return counted(olds, news, exists && olds.uri === undefined && news.uri !== undefined);
}

function counted<Inputs extends CountedInputs>(
  olds: Partial<Inputs>,
  news: Inputs,
  begins: boolean,
): Inputs {
  return { ...news, cutover: (olds.cutover ?? 1) + (begins ? 1 : 0) };
}
