import { compareInputs, splitDifferences, type Difference } from "./differences";
import { cutoverSteps, ownSteps, parts, type CutoverStep, type OwnStep, type Part } from "./parts";
import type { Message, Preview, PreviewedDatabase, PreviewStep } from "./read";
import type { PlanFacts } from "./read-plan";

/** Where a preview leads: to MongoDB, back to files, or to no other storage. */
export type ReviewedDirection = "cutover" | "rollback" | "change" | "nothing";

/** The facts under review. */
export interface ReviewInput extends Omit<Preview, "stack" | "steps"> {
  /** Named by the preview or, if it failed early, by the command; default: `stack`. */
  readonly stack: string;
  readonly steps: readonly ReviewedStep[];
  readonly direction: ReviewedDirection;
  /** The gate before the worker's drain, and the cutover that the settings name. */
  readonly gate: unknown;
  readonly cutover: number | undefined;
  /** Whether services change over: in a cutover whose gate is not closed, and in a rollback. */
  readonly changesStorage: boolean;
  /** Who stops the worker; undefined if a preview that would stop has not come to the step that says it. */
  readonly stoppedBy: "stack" | "person" | undefined;
  /** Undefined without one, or if it is one of another database (`otherPlan`). */
  readonly plan: PlanFacts | undefined;
  /** The database of a plan that is not used. */
  readonly otherPlan: PlanFacts["target"];
  /** Whether the plan of a rollback did not reach MongoDB. */
  readonly isMongoUnreachable: boolean;
  /** How many runs a rollback would find unfinished, by the plan. */
  readonly unfinishedRuns: number;
  /** Whether any step concerns collections or indexes: only those look at the data. */
  readonly touchesSchema: boolean;
  readonly trigger: Trigger;
  /** Default: the current time. */
  readonly now: Date;
}

/** The engine's plan for one resource, and its meaning in a cutover. */
export interface ReviewedStep extends PreviewStep {
  /** The step of the cutover that it is part of. */
  readonly part: CutoverStep;
  readonly touches: Part["touches"];
  /** The type without its module, `kubernetes:Release`, and the name of its class, `Release`. */
  readonly shortType: string;
  readonly className: string;
  /** Whether it is one of this project's steps, whose deletion from the stack touches nothing. */
  readonly isOurs: boolean;
  /** Its words for a reviewer; empty unless it is one of this project's steps. */
  readonly own: OwnStep;
  /** Whether its direction changes, it is new, or its last run did not come to its end. */
  readonly willRun: boolean;
  /** Whether MongoDB gets it only now, although filesystem mode may have registered it. */
  readonly isFirstCreate: boolean;
  /** Whether it is the ledger claim that runs the whole migration as a Job. */
  readonly isMigrationJob: boolean;
  /** Differences in the stack's variables of a service, by their names, and in all other inputs. */
  readonly variables: readonly Difference[];
  readonly others: readonly Difference[];
}

/** Why a review is made. */
export interface Trigger {
  /** The commit under review, in hex. */
  readonly commit?: string;
  /** Address of the folder of the pages that explain a comment. */
  readonly docs?: string;
  /** Address of the workflow's run. */
  readonly run?: string;
  /** Whether this run asks for the approval, or the one after the merge; undefined if none does. */
  readonly approval?: "now" | "later";
}

/** Facts besides the preview and the plan. */
export type ReviewOptions = Partial<Pick<ReviewInput, "stack" | "trigger" | "now">>;

/** Builds the input of a review from a preview, the plan if there is one, and other facts. */
export function prepareReview(
  preview: Preview,
  given: PlanFacts | undefined,
  { stack = "stack", trigger = {}, now = new Date() }: ReviewOptions = {},
): ReviewInput {
  // The engine registers resources concurrently, so their order varies.
  const found = preview.steps.map(classify).sort((a, b) => (a.name < b.name ? -1 : 1));
  const steps = cutoverSteps.flatMap(([part]) => found.filter((step) => step.part === part));
  const { gate } = steps.find(({ className }) => className === "ServicesCheck")?.new ?? {};
  const otherPlan = isOfOther(given?.target, preview.databases) ? given?.target : undefined;
  const plan = otherPlan ? undefined : given;
  const { leftBehind, findings = [] } = plan ?? {};
  const isLost = findings.some(({ code }) => code === "would-not-export");
  // In an election the plan counts MongoDB as lost, but `up` stops and holds nothing. Another stop hides no loss.
  const isElection =
    isLost && preview.messages.some(({ stops, code }) => stops && code === "rollback-refused");
  const held = isElection ? undefined : findings.find(({ code }) => code === "would-hold");
  const { unfinished } = held?.facts ?? {};
  const turn = findDirection(steps);
  const direction = turn === "cutover" && preview.takesOver ? "change" : turn;
  return {
    ...preview,
    stack: preview.stack ?? stack,
    steps,
    direction,
    gate,
    cutover: steps.map(({ new: inputs }) => inputs?.cutover).find((one) => typeof one === "number"),
    changesStorage: direction === "rollback" || (direction === "cutover" && gate !== "closed"),
    stoppedBy: findStopper(steps, preview.messages),
    plan: plan && { ...plan, ...(isElection && { findings: [] }) },
    otherPlan,
    trigger,
    now,
    isMongoUnreachable: isLost && !isElection,
    unfinishedRuns: leftBehind?.unfinished ?? (typeof unfinished === "number" ? unfinished : 0),
    touchesSchema: steps.some(({ touches }) => touches === "schema"),
  };
}

// Hosts that only `up` knows may be any.
function isOfOther(target: PlanFacts["target"], databases: readonly PreviewedDatabase[]): boolean {
  if (!target || databases.length === 0) return false;
  return !databases.some(
    ({ hosts = target.hosts, database = target.database }) =>
      hosts === target.hosts && database === target.database,
  );
}

function findStopper(
  steps: readonly ReviewedStep[],
  messages: readonly Message[],
): ReviewInput["stoppedBy"] {
  const willRun = (name: string) => steps.some((one) => one.className === name && one.willRun);
  if (willRun("Drain")) return "stack";
  return willRun("WorkerStopped") || !messages.some(isStop) ? "person" : undefined;
}

function findDirection(steps: readonly ReviewedStep[]): ReviewedDirection {
  const changesDirection = ({ old, new: wanted }: ReviewedStep, to: string) =>
    old?.direction !== undefined && old.direction !== to && wanted?.direction === to;
  const begins = ({ operation, part, new: wanted }: ReviewedStep) =>
    operation === "create" &&
    (part === "worker" || part === "web") &&
    wanted?.direction === "forward";
  if (steps.length === 0) return "nothing";
  if (steps.some((step) => changesDirection(step, "back"))) return "rollback";
  return steps.some((step) => changesDirection(step, "forward") || begins(step))
    ? "cutover"
    : "change";
}

/** The files of runs that a cutover cannot read, and would stop for. */
export const unreadableRuns = ({ direction, plan }: ReviewInput): readonly string[] =>
  direction === "cutover" ? (plan?.state?.unreadable ?? []) : [];

/** Whether the engine, a provider or the program failed. */
export const isError = ({ severity }: Message) => severity === "error";

/** Whether a warning says that `pulumi up` will stop. */
export const isStop = ({ severity, stops }: Message) => severity === "warning" && stops;

const dynamic = "pulumi-nodejs:dynamic/";

function classify(step: PreviewStep): ReviewedStep {
  const { type, operation, old, new: wanted, outputs } = step;
  const isOurs = type.startsWith(dynamic);
  const shortType = isOurs ? type.slice(dynamic.length) : type.replace(/:[^:]+\/[^:]+:/, ":");
  const className = shortType.split(":").at(-1) ?? "";
  const own = isOurs ? (ownSteps[className] ?? {}) : {};
  const around = step.parents.at(-1)?.split(":").at(-1);
  const [ofComponent = "other"] =
    cutoverSteps.find(([, { component }]) => component && component === around) ?? [];
  const part = own.part ?? ofComponent;
  const isFirst = operation === "create" || (operation === "change" && outputs.applied === false);
  return {
    ...step,
    part,
    touches: (parts[part] as Part).touches,
    shortType,
    className,
    isOurs,
    own,
    willRun: isFirst || old?.direction !== wanted?.direction,
    isFirstCreate: isFirst,
    isMigrationJob: part === "ledger" && (wanted ?? old)?.job !== undefined,
    ...splitDifferences(compareInputs(step)),
  };
}
