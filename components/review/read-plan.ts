import { z } from "zod";
import { byRole } from "../contract";
import type { Redact } from "../text";
import { readJson } from "./read-json";

/** Reads the file of `comment --save-approval`. @throws ReviewInputError if the text is something else */
export function readApproval(text: string, redact: Redact): string[] {
  const made = "`taskrunner-storage comment --save-approval` writes";
  return readJson(text, redact, z.array(z.string()), made);
}

const files = z.looseObject({ files: z.number() });
const change = z.looseObject({
  kind: z.string(),
  title: z.string().default(""),
  reason: z.string().default(""),
  collection: z.string().optional(),
  index: z.string().optional(),
  blocksWrites: z.boolean().default(false),
});
const finding = z.looseObject({
  code: z.string(),
  facts: z.record(z.string(), z.union([z.number(), z.string()])).optional(),
});
const leftBehind = z.looseObject({
  exported: z.looseObject(byRole(() => z.number())),
  conflicts: z.number(),
  unfinished: z.number(),
});
const planForm = z.looseObject({
  reachable: z.boolean().default(true),
  changes: z.array(change),
  issues: z.array(z.looseObject({ text: z.string() })),
  blocked: z.boolean().default(false),
  documents: z.record(z.string(), z.number()).default({}),
  expiring: z.looseObject({ entries: z.number(), isMore: z.boolean() }).optional(),
  state: z.looseObject({ runs: files, unfinished: z.number().optional() }).optional(),
  leftBehind: leftBehind.optional(),
  findings: z.array(finding).default([]),
});

/** The part of `plan --json` that a review needs. */
export type PlanFacts = z.infer<typeof planForm>;

/** Reads the output of `plan --json`. @throws ReviewInputError if the text is something else */
export function readPlan(text: string, redact: Redact): PlanFacts {
  return readJson(text, redact, planForm, "`taskrunner-storage plan --json` prints");
}
