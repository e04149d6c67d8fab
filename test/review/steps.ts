import { expect } from "vitest";
import {
  prepareReview,
  readPlan,
  readPreview,
  redactor,
  review,
  type ReviewOptions,
} from "../../components/review";

const dynamic = "pulumi-nodejs:dynamic/";

/** A step of `pulumi preview --json`, as the engine writes it. */
export interface RawStep {
  readonly op?: string;
  readonly type: string;
  readonly name: string;
  readonly parent?: string;
  readonly old?: object;
  readonly outputs?: object;
  readonly now?: object;
}

/** A step that is created. */
export const created = (type: string, name: string, now: object, parent = "PackRunMigration") =>
  ({ op: "create", type, name, parent, now }) satisfies RawStep;

/** A step with its direction before and now. */
export const turned = (
  type: string,
  parent: string,
  [from, to]: readonly [from: string, to: string],
  { name = type, more = {}, ...inputs }: { name?: string; more?: object; root?: string } = {},
): RawStep => ({
  type: `~${type}`,
  name,
  parent,
  old: { direction: from, ...inputs },
  now: { direction: to, ...inputs, ...more },
});

export const forward = ["back", "forward"] as const;
export const back = ["forward", "back"] as const;
const root = "/state";

/** The handover of a rollback. */
export const toFiles = turned("taskrunner:Handover", "Handover", back, { name: "handover", root });
/** A plan that has nothing to say. */
export const noPlan = {
  format: 1,
  reachable: true,
  blocked: false,
  changes: [],
  leftAlone: [],
  issues: [],
  notChecked: [],
};
/** A change of a plan. */
export const plannedChange = (known: object) => ({
  title: "",
  reason: "",
  blocksWrites: false,
  loses: false,
  commands: [],
  ...known,
});

/** What the engine would print for these steps of stack `staging`. */
export function previewOf(steps: readonly RawStep[], more: object = {}): string {
  return JSON.stringify({
    config: {},
    steps: steps.map(({ op = "update", type, name, parent = "X", old, outputs = {}, now }) => ({
      op,
      urn: `urn:pulumi:staging::taskrunner-storage::taskrunner:storage:${parent}$${type.replace(/^~/, dynamic)}::${name}`,
      ...(old && { oldState: { inputs: old, outputs } }),
      ...(now && { newState: { inputs: now } }),
    })),
    duration: 1,
    changeSummary: {},
    ...more,
  });
}

/** The review of these texts, with these secrets known. */
export function reviewOf(
  preview: string,
  plan?: object,
  secrets: readonly string[] = [],
  around: ReviewOptions = {},
) {
  const redact = redactor(secrets);
  const planned = plan && readPlan(JSON.stringify(plan), redact);
  return review(prepareReview(readPreview(preview, redact), planned, around));
}

/** The verdict's risks, each on its own, without the titles before them. */
export function risksOf({ verdict }: { readonly verdict: string }): string[] {
  return verdict.split(" · ").map((risk) => risk.replace(/^.*?:\*\* /, ""));
}

/** Texts that match these patterns, one each and in this order. */
export const matching = (...patterns: readonly RegExp[]) =>
  patterns.map((pattern) => expect.stringMatching(pattern) as string);
