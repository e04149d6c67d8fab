import { z } from "zod";
import type { Redact } from "../safe/secrets";
import { readJson } from "./json";

const counts = z.looseObject({ files: z.number(), bytes: z.number() });
const perRole = { runs: counts, logs: counts, artifacts: counts, approvals: counts };
const change = z.looseObject({
  kind: z.string(),
  title: z.string().default(""),
  reason: z.string().default(""),
  collection: z.string().optional(),
  index: z.string().optional(),
  blocksWrites: z.boolean().default(false),
  commands: z.array(z.record(z.string(), z.unknown())).default([]),
});
const issue = z.looseObject({
  text: z.string(),
  collection: z.string(),
  index: z.string().optional(),
});
const planSchema = z.looseObject({
  reachable: z.boolean().default(true),
  changes: z.array(change),
  issues: z.array(issue),
  blocked: z.boolean().default(false),
  documents: z.record(z.string(), z.number()).default({}),
  expiring: z.looseObject({ entries: z.number(), isMore: z.boolean() }).optional(),
  state: z.looseObject({ ...perRole, unfinished: z.number().optional() }).optional(),
  leftBehind: z
    .looseObject({
      exported: z
        .looseObject({
          runs: z.number(),
          logs: z.number(),
          artifacts: z.number(),
          approvals: z.number(),
        })
        .optional(),
      conflicts: z.number(),
      conflictExamples: z.array(z.string()).default([]),
      unfinished: z.number(),
      unfinishedRuns: z.array(z.string()).default([]),
    })
    .optional(),
});

/** What `plan --json` says, as far as a review needs it. */
export type PlanFacts = z.infer<typeof planSchema>;

/**
 * Reads what `plan --json` printed.
 *
 * @throws ReviewInputError where the text is nothing of the kind
 */
export function readPlan(text: string, redact: Redact): PlanFacts {
  const what = "what `taskrunner-storage plan --json` prints";
  return readJson(text, planSchema, { what, redact });
}

/**
 * Reads what `comment --save-approval` wrote.
 *
 * @throws ReviewInputError if the text is something else
 */
export function readApproval(text: string, redact: Redact): string[] {
  const what = "what `taskrunner-storage comment --save-approval` writes";
  return readJson(text, z.array(z.string()), { what, redact });
}
