import { z } from "zod";

/** How many records of a collection each side has. */
const sides = z.object({ files: z.number(), mongo: z.number() });
const service = z.object({
  mode: z.string(),
  /** Where it is: its values file, or its Helm release. */
  file: z.string().optional(),
  namespace: z.string().optional(),
  release: z.string().optional(),
  revision: z.number().optional(),
});
export type ServiceOutputs = z.infer<typeof service>;
const imported = z.object({ quarantined: z.number() });

/** The stack's outputs as far as a summary tells them; those of steps that never ran are absent. */
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
