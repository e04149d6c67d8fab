import { z } from "zod";

/** The outputs that a summary needs; those of steps that never ran are absent. */
const stackOutputs = z.object({
  storageMode: z.enum(["mongo", "filesystem"]),
  rollout: z.object({ worker: z.object({ namespace: z.string().optional() }) }).optional(),
});

export type StackOutputs = z.infer<typeof stackOutputs>;

/** @param json what `pulumi stack output --json` prints, parsed */
export function stackOutputsFrom(json: unknown): StackOutputs {
  return stackOutputs.parse(json);
}

/** The resource that counts a stack's cutovers. */
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
 * The number that the setting `cutover` needs for the next update to MongoDB.
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
