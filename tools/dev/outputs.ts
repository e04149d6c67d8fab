import { z } from "zod";

/** Records of a collection on each side. */
const sides = z.object({ files: z.number(), mongo: z.number() });
const service = z.object({
  mode: z.string(),
  /** Its values file, or its Helm release. */
  file: z.string().optional(),
  namespace: z.string().optional(),
  release: z.string().optional(),
  revision: z.number().optional(),
});
export type ServiceOutputs = z.infer<typeof service>;
const imported = z.object({ quarantined: z.number() });

/** The outputs that a summary needs; those of steps that never ran are absent. */
const stackOutputs = z.object({
  storageMode: z.enum(["mongo", "filesystem"]),
  collections: z.array(z.string()).default([]),
  migration: z.object({ id: z.string(), appliedAt: z.string().optional() }).optional(),
  backfill: z
    .object({ runs: imported, logs: imported, artifacts: imported, approvals: imported.optional() })
    .nullish(),
  verification: z
    .object({
      holds: z.boolean(),
      runs: sides,
      logs: sides,
      artifacts: sides,
      approvals: sides.optional(),
    })
    .nullish(),
  rollout: z
    .object({ worker: service, web: service, stoppedSeconds: z.number().optional() })
    .optional(),
  rollback: z.object({ held: z.array(z.string()) }).nullish(),
});

export type StackOutputs = z.infer<typeof stackOutputs>;

/** @param json what `pulumi stack output --json` prints, parsed */
export function stackOutputsFrom(json: unknown): StackOutputs {
  return stackOutputs.parse(json);
}

/** The engine's history, with the number of changed resources by operation. */
const history = z.array(z.object({ resourceChanges: z.record(z.string(), z.number()).optional() }));

/**
 * Whether the stack's last update changed a resource.
 *
 * @param text what `pulumi stack history --json` prints, the last update first
 */
export function somethingChanged(text: string): boolean {
  const [last] = history.parse(JSON.parse(text));
  return Object.keys(last?.resourceChanges ?? {}).some((operation) => operation !== "same");
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
