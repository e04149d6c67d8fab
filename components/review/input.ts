import { compareInputs, splitDifferences, type Difference } from "./differences";
import type { Message, PlanFacts, Preview, PreviewStep } from "./read";

/** Where a preview leads: to MongoDB, back to files, or to no other storage. */
export type ReviewedDirection = "cutover" | "rollback" | "change" | "nothing";

/** What is under review. */
export interface ReviewInput extends Omit<Preview, "stack" | "steps"> {
  /** Named by the preview or, if it failed early, by the command; default: `stack`. */
  readonly stack: string;
  readonly steps: readonly ReviewedStep[];
  readonly direction: ReviewedDirection;
  /** The gate before the worker's drain, and the cutover that the settings name. */
  readonly gate: unknown;
  readonly cutover: unknown;
  readonly plan: PlanFacts | undefined;
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

/** What the engine would do to one resource, and what it means here. */
export interface ReviewedStep extends PreviewStep {
  /** The step of the cutover that it is part of. */
  readonly part: CutoverStep;
  readonly touches: Part["touches"];
  /** The type without its module, `kubernetes:Release`, and the name of its class, `Release`. */
  readonly shortType: string;
  readonly className: string;
  /** Whether it is a step of ours, whose deletion from the stack touches nothing. */
  readonly isOurs: boolean;
  /** Whether its direction changes, or it is new. */
  readonly willRun: boolean;
  /** Whether MongoDB gets it only now, although filesystem mode may have registered it. */
  readonly isFirstCreate: boolean;
  /** Whether it is the ledger claim that runs the whole migration as a Job. */
  readonly isMigrationJob: boolean;
  /** Differences in our variables of a service, by their names, and in all other inputs. */
  readonly variables: readonly Difference[];
  readonly others: readonly Difference[];
}

/** Why a review is made. */
export interface Trigger {
  /** The commit under review, in hex. */
  readonly commit?: string;
  /** Address of the page that explains the lines of a comment. */
  readonly docs?: string;
}

/** Facts besides the preview and the plan. */
export type ReviewOptions = Partial<Pick<ReviewInput, "stack" | "trigger" | "now">>;

/** Builds the input of a review from a preview, the plan if there is one, and other facts. */
export function prepareReview(
  preview: Preview,
  plan: PlanFacts | undefined,
  { stack = "stack", trigger = {}, now = new Date() }: ReviewOptions = {},
): ReviewInput {
  // The engine registers resources concurrently, so their order varies.
  const found = preview.steps.map(classify).sort((a, b) => (a.name < b.name ? -1 : 1));
  const steps = cutoverSteps.flatMap(([part]) => found.filter((step) => step.part === part));
  const { gate, cutover } = steps.find(({ className }) => className === "ServicesCheck")?.new ?? {};
  const { leftBehind, findings = [] } = plan ?? {};
  const isLost = findings.some(({ code }) => code === "would-not-export");
  // In an election the plan takes MongoDB for lost, but `up` stops and holds nothing.
  const isElection = isLost && preview.messages.some(isStop);
  const held = isElection ? undefined : findings.find(({ code }) => code === "would-hold");
  const { unfinished } = held?.facts ?? {};
  return {
    ...preview,
    stack: preview.stack ?? stack,
    steps,
    direction: findDirection(steps),
    gate,
    cutover,
    plan: plan && { ...plan, ...(isElection && { findings: [] }) },
    trigger,
    now,
    isMongoUnreachable: isLost && !isElection,
    unfinishedRuns: leftBehind?.unfinished ?? (typeof unfinished === "number" ? unfinished : 0),
    touchesSchema: steps.some(({ touches }) => touches === "schema"),
  };
}

function findDirection(steps: readonly ReviewedStep[]): ReviewedDirection {
  const turns = ({ old, new: wanted }: ReviewedStep, to: string) =>
    old?.direction !== undefined && old.direction !== to && wanted?.direction === to;
  const begins = ({ operation, part, new: wanted }: ReviewedStep) =>
    operation === "create" &&
    (part === "worker" || part === "web") &&
    wanted?.direction === "forward";
  if (steps.length === 0) return "nothing";
  if (steps.some((step) => turns(step, "back"))) return "rollback";
  return steps.some((step) => turns(step, "forward") || begins(step)) ? "cutover" : "change";
}

/** Whether the engine, a provider or the program failed. */
export const isError = ({ severity }: Message) => severity === "error";

/** Whether a warning says that `pulumi up` will stop. */
export const isStop = ({ severity, stops }: Message) => severity === "warning" && stops;

interface Part {
  readonly title: string;
  /** Classes of our own steps. Any other resource belongs to the part of its component. */
  readonly classes?: readonly string[];
  readonly component?: string;
  /** What it reads or writes in MongoDB. */
  readonly touches?: "schema" | "documents";
}

const schema = { touches: "schema" } as const;
const documents = { touches: "documents" } as const;

/** The steps of a cutover and of a rollback, in their order (docs/steps.md), then the rest. */
const parts = {
  update: { title: "Preparation", component: "Update" },
  cluster: { title: "MongoDB itself", component: "MongoCluster" },
  check: { title: "Server check", classes: ["ServerCheck", "ApplicationCheck"] },
  ledger: { title: "Ledger", classes: ["LedgerClaim", "LedgerCompletion"], ...schema },
  collections: { title: "Collections", classes: ["Collection"], ...schema },
  uniqueIndexes: { title: "Unique indexes", ...schema },
  indexes: { title: "Other indexes", ...schema },
  bulkPass: { title: "Bulk pass", classes: ["SuspendLogTtl", "BulkPass"], ...documents },
  canary: { title: "Canary", component: "Canary" },
  proof: { title: "Proof", classes: ["Proof"], ...documents },
  access: { title: "Access of the services", component: "Services" },
  drain: { title: "Worker drain", component: "WorkerDrain" },
  handover: { title: "Handover", classes: ["Handover"], ...documents },
  worker: { title: "Worker", component: "WorkerRollout" },
  web: { title: "Web", component: "WebRollout" },
  finalPass: { title: "Final pass", classes: ["FinalPass"], ...documents },
  verification: { title: "Verification", classes: ["Verification"], ...documents },
  retention: { title: "Log expiry", classes: ["LogRetention"], ...documents },
  other: { title: "Others" },
} as const satisfies Readonly<Record<string, Part>>;
type CutoverStep = keyof typeof parts;

/** The parts as a list, in their order. */
export const cutoverSteps = Object.entries(parts) as [CutoverStep, Part][];

const dynamic = "pulumi-nodejs:dynamic/";

function classify(step: PreviewStep): ReviewedStep {
  const { type, operation, old, new: wanted, outputs } = step;
  const isOurs = type.startsWith(dynamic);
  const shortType = isOurs ? type.slice(dynamic.length) : type.replace(/:[^:]+\/[^:]+:/, ":");
  const className = shortType.split(":").at(-1) ?? "";
  const inputs = wanted ?? old ?? {};
  const around = step.parents.at(-1)?.split(":").at(-1);
  const [found = "other"] =
    cutoverSteps.find(([, { classes }]) => isOurs && classes?.includes(className)) ??
    cutoverSteps.find(([, { component }]) => component && component === around) ??
    [];
  const ofIndex = inputs.unique === true ? "uniqueIndexes" : "indexes";
  const part = isOurs && className === "Index" ? ofIndex : found;
  return {
    ...step,
    part,
    touches: (parts[part] as Part).touches,
    shortType,
    className,
    isOurs,
    willRun: operation === "create" || old?.direction !== wanted?.direction,
    isFirstCreate: operation === "create" || (operation === "change" && outputs.applied === false),
    isMigrationJob: part === "ledger" && inputs.job !== undefined,
    ...splitDifferences(compareInputs(step)),
  };
}
