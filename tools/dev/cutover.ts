import { z } from "zod";

/** The record of a stack's cutovers, which is a resource of every stack. */
const record = z.object({
  direction: z.string(),
  cutover: z.number(),
  ended: z.number().nullish(),
});
const state = z.object({
  deployment: z.object({
    resources: z
      .array(z.looseObject({ type: z.string(), outputs: z.unknown().optional() }))
      .default([]),
  }),
});

/**
 * The number that the setting `cutover` needs in the next update to MongoDB.
 *
 * @param text what `pulumi stack export` prints
 */
export function nextCutover(text: string): number {
  const { resources } = state.parse(JSON.parse(text)).deployment;
  const found = resources.find(({ type }) => type.endsWith("taskrunner:Cutover"));
  const { data } = record.safeParse(found?.outputs);
  if (data === undefined) return 1;
  return data.direction === "forward" ? data.cutover : (data.ended ?? 0) + 1;
}
