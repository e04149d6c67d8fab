import { compareInputs, splitDifferences, type Difference } from "./differences";
import type { Message, PlanFacts, Preview, PreviewStep } from "./read";

/** Where a preview leads: to MongoDB, back to files, or nowhere else than before. */
export type ReviewedDirection = "cutover" | "rollback" | "change" | "nothing";

/** What is under review. */
export interface ReviewInput extends Omit<Preview, "stack" | "steps"> {
  /** The preview's, else, if it failed early, the one of the command; default: `stack`. */
  readonly stack: string;
  readonly steps: readonly ReviewedStep[];
  readonly direction: ReviewedDirection;
  readonly plan: PlanFacts | undefined;
  /** Whether the plan of a rollback did not reach MongoDB. */
  readonly isMongoUnreachable: boolean;
  /** Whether any step is about collections and indexes: no other looks at the data. */
  readonly touchesSchema: boolean;
  readonly trigger: Trigger;
  /** Default: the present. */
  readonly now: Date;
}

/** What the engine would do to one resource, and what it means here. */
export interface ReviewedStep extends PreviewStep {
  /** The step of the cutover that it is part of. */
  readonly part: CutoverStep;
  readonly touches: Part["touches"];
  /** The type as a reader knows it, `kubernetes:Release`, and its last name, `Release`. */
  readonly shortType: string;
  readonly className: string;
  /** Whether it is a step of ours, whose deletion from the stack touches nothing. */
  readonly isOurs: boolean;
  /** Whether its direction changes, or it is new. */
  readonly willRun: boolean;
  /** Whether MongoDB gets it only now, even if it was registered in filesystem mode. */
  readonly isFirstCreate: boolean;
  /** Whether it is a Job that does the whole migration: the claim of the ledger's record then. */
  readonly isMigrationJob: boolean;
  /** What differs in our variables of a service, by their names, and in all other inputs. */
  readonly variables: readonly Difference[];
  readonly others: readonly Difference[];
}

/** Why a review is made. */
export interface Trigger {
  /** Of the commit under review, in hex. */
  readonly commit?: string;
  /** Where the lines of a comment are explained. */
  readonly docs?: string;
}

/** What is known besides the preview and the plan. */
export type ReviewOptions = Partial<Pick<ReviewInput, "stack" | "trigger" | "now">>;

/** The input of a review: a preview, the plan if there is one, and what is known besides. */
export function prepareReview(
  preview: Preview,
  plan: PlanFacts | undefined,
  { stack = "stack", trigger = {}, now = new Date() }: ReviewOptions = {},
): ReviewInput {
  // The engine registers resources side by side: in another order each time.
  const found = preview.steps.map(classify).sort((a, b) => (a.name < b.name ? -1 : 1));
  const steps = cutoverSteps.flatMap(([part]) => found.filter((step) => step.part === part));
  const { leftBehind } = plan ?? {};
  const isLost = leftBehind !== undefined && leftBehind.exported === undefined;
  // In an election the plan takes MongoDB for lost, but `up` stops and holds nothing.
  const isElection = isLost && preview.messages.some(isStop);
  return {
    ...{ ...preview, stack: preview.stack ?? stack, steps, direction: findDirection(steps) },
    ...{ plan: plan && { ...plan, ...(isElection && { leftBehind: undefined }) }, trigger, now },
    isMongoUnreachable: isLost && !isElection,
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

/** Whether a warning says that `pulumi up` will not get through. */
export const isStop = ({ severity, stops }: Message) => severity === "warning" && stops;

interface Part {
  readonly title: string;
  /** The classes of its steps of ours; of all other resources the component that they are in decides. */
  readonly classes?: readonly string[];
  readonly component?: string;
  /** What it reads or writes in MongoDB. */
  readonly touches?: "schema" | "documents";
}

const [schema, documents] = [{ touches: "schema" }, { touches: "documents" }] as const;

/** The steps of a cutover and of a rollback, in their order (design, "The shape"), then the rest. */
const parts = {
  update: { title: "Preparation", component: "Update" },
  cluster: { title: "MongoDB itself", component: "MongoCluster" },
  check: { title: "Server check", classes: ["ServerCheck", "ApplicationCheck"] },
  ledger: { title: "Ledger", classes: ["LedgerClaim", "LedgerCompletion"], ...schema },
  collections: { title: "Collections", classes: ["Collection"], ...schema },
  uniqueIndexes: { title: "Unique indexes", ...schema },
  indexes: { title: "Other indexes", ...schema },
  bulkPass: { title: "Bulk pass", classes: ["SuspendLogTtl", "BulkPass"], ...documents },
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

/** The same as a list; each has the name by which a reader knows it. */
export const cutoverSteps = Object.entries(parts) as [CutoverStep, Part][];

const dynamic = "pulumi-nodejs:dynamic/";

function classify(step: PreviewStep): ReviewedStep {
  const { type, operation, old, new: wanted, outputs } = step;
  const isOurs = type.startsWith(dynamic);
  const shortType = isOurs ? type.slice(dynamic.length) : type.replace(/:[^:]+\/[^:]+:/, ":");
  const className = shortType.split(":").at(-1) ?? "";
  const inputs = wanted ?? old ?? {};
  const components = step.parents.map((parent) => parent.split(":").at(-1));
  const [found = "other"] =
    cutoverSteps.find(([, { classes }]) => isOurs && classes?.includes(className)) ??
    cutoverSteps.find(([, { component }]) => component && components.includes(component)) ??
    [];
  const ofIndex = inputs.unique === true ? "uniqueIndexes" : "indexes";
  const part = isOurs && className === "Index" ? ofIndex : found;
  return {
    ...{ ...step, part, touches: (parts[part] as Part).touches, shortType, className, isOurs },
    willRun: operation === "create" || old?.direction !== wanted?.direction,
    isFirstCreate: operation === "create" || (operation === "change" && outputs.applied === false),
    isMigrationJob: part === "ledger" && inputs.job !== undefined,
    ...splitDifferences(compareInputs(step)),
  };
}
