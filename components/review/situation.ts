import type { PlanFacts } from "./read/facts";
import type { Message, Preview, PreviewStep } from "./read/preview";
import { cutoverStepOf, inOrder, schemaSteps } from "./steps";

/** Where a preview leads: to MongoDB, back to files, or nowhere else than before. */
export type ReviewedDirection = "cutover" | "rollback" | "change" | "nothing";

/** What is under review. */
export interface Situation {
  /** The preview's, else, if it failed early, the one of the command; default: `stack`. */
  readonly stack: string;
  readonly direction: ReviewedDirection;
  readonly preview: Preview;
  readonly plan: PlanFacts | undefined;
  readonly occasion: Occasion;
  /** Default: the present. */
  readonly now: Date;
}

/** What a review is made for. */
export interface Occasion {
  /** Of the commit under review, in hex. */
  readonly commit?: string;
  /** Where the lines of a comment are explained. */
  readonly docs?: string;
  /** What comes before `up`: a merge and its approval, an approval, or nothing. Default: nothing. */
  readonly before?: "merge" | "approval";
}

/** What is known besides the preview and the plan. */
export type Surroundings = {
  readonly [Key in "stack" | "occasion" | "now"]?: Situation[Key] | undefined;
};

/** What a preview, and the plan if there is one, are about. */
export function situationOf(
  { steps: found, ...rest }: Preview,
  plan: PlanFacts | undefined,
  { stack = "stack", occasion = {}, now = new Date() }: Surroundings = {},
): Situation {
  const preview = { ...rest, steps: inOrder(found) };
  const direction = directionOf(preview.steps);
  // In an election the plan takes MongoDB for lost, and `up` stops and holds nothing: its figures are none.
  const hasFigures = !isLost(plan) || !preview.messages.some(isStop);
  const known = plan && { ...plan, ...(!hasFigures && { leftBehind: undefined }) };
  return { stack: preview.stack ?? stack, plan: known, direction, preview, occasion, now };
}

/** Whether a warning says that `pulumi up` will not get through. */
export const isStop = ({ severity, stops }: Message) => severity === "warning" && stops;

/** Whether the plan of a rollback did not reach MongoDB. */
export function isLost(plan: PlanFacts | undefined): boolean {
  return plan?.leftBehind !== undefined && plan.leftBehind.exported === undefined;
}

function directionOf(steps: readonly PreviewStep[]): ReviewedDirection {
  const turns = ({ old, new: wanted }: PreviewStep, to: string) =>
    old?.direction !== undefined && old.direction !== to && wanted?.direction === to;
  const isNewService = (step: PreviewStep) =>
    step.operation === "create" && ["worker", "web"].includes(cutoverStepOf(step));
  const begins = (step: PreviewStep) => isNewService(step) && step.new?.direction === "forward";
  if (steps.length === 0) return "nothing";
  if (steps.some((step) => turns(step, "back"))) return "rollback";
  return steps.some((step) => turns(step, "forward") || begins(step)) ? "cutover" : "change";
}

/** Whether the step's direction changes, or it is new: then it runs. */
export function isRun({ operation, old, new: wanted }: PreviewStep): boolean {
  return operation === "create" || old?.direction !== wanted?.direction;
}

/** A resource of MongoDB that was registered in filesystem mode and is created only now. */
export function isMadeNow({ operation, outputs }: PreviewStep): boolean {
  return operation === "create" || (operation === "change" && outputs.applied === false);
}

/** Whether any step is about collections and indexes: no other looks at the data. */
export function touchesSchema({ preview }: Situation): boolean {
  return preview.steps.some((step) => schemaSteps.includes(cutoverStepOf(step)));
}
