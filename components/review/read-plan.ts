import { z } from "zod";
import type { Redact } from "../text";
import { planForm } from "./printed";
import { readJson } from "./read-json";

/** Reads the file of `comment --save-approval`. @throws ReviewInputError if the text is something else */
export function readApproval(text: string, redact: Redact): string[] {
  const made = "`taskrunner-storage comment --save-approval` writes";
  return readJson(text, redact, z.array(z.string()), made);
}

/** What a plan says of MongoDB and the disk. */
export type PlanFacts = z.infer<typeof planForm>;

/** Reads the output of `plan --json`. @throws ReviewInputError if the text is something else */
export function readPlan(text: string, redact: Redact): PlanFacts {
  return readJson(
    text,
    redact,
    planForm,
    "`taskrunner-storage plan --json` of this version prints",
  );
}
