import type { PreviewStep } from "./read/preview";

interface Kind {
  readonly title: string;
  /** The types of its resources; of all others the component that they are in decides. */
  readonly types?: readonly string[];
  readonly component?: string;
  /** Whether the engine registers its resources side by side: in another order each time. */
  readonly isParallel?: true;
}

const isParallel = true;

/** The steps of a cutover and of a rollback, in their order (design, "The shape"), then the rest. */
const kinds = {
  update: { title: "Preparation", component: "Update", isParallel },
  cluster: { title: "MongoDB itself", component: "MongoCluster", isParallel },
  check: { title: "Server check", types: ["mongo:ServerCheck", "mongo:ApplicationCheck"] },
  ledger: { title: "Ledger", types: ["mongo:LedgerClaim", "mongo:LedgerCompletion"] },
  collections: { title: "Collections", types: ["mongo:Collection"], isParallel },
  uniqueIndexes: { title: "Unique indexes", isParallel },
  indexes: { title: "Other indexes", isParallel },
  backfill: { title: "Bulk import", types: ["mongo:LogExpiryLift", "taskrunner:BulkImport"] },
  access: { title: "Access of the services", component: "Services", isParallel },
  drain: { title: "Worker drain", component: "WorkerDrain" },
  handover: { title: "Handover", types: ["taskrunner:Handover"] },
  worker: { title: "Worker", component: "WorkerRollout" },
  web: { title: "Web", component: "WebRollout" },
  secondHandover: { title: "Second handover", types: ["taskrunner:SecondHandover"] },
  verification: { title: "Verification", types: ["taskrunner:Verification"] },
  retention: { title: "Log expiry", types: ["mongo:LogRetention"] },
  other: { title: "Others", isParallel },
} as const satisfies Readonly<Record<string, Kind>>;
export type CutoverStep = keyof typeof kinds;

/** The same as a list; each has the name by which a reader knows it. */
export const cutoverSteps = Object.entries(kinds) as [CutoverStep, Kind][];

/** Those that read or write MongoDB's documents or their schema. */
export const schemaSteps: readonly CutoverStep[] = [
  ...(["ledger", "collections", "uniqueIndexes", "indexes"] as const),
];
export const dataSteps: readonly CutoverStep[] = [
  ...(["backfill", "handover", "secondHandover", "verification", "retention"] as const),
];

const dynamic = "pulumi-nodejs:dynamic/";

/** A resource's type as a reader knows it: `mongo:Index`, `kubernetes:helm.sh/v3:Release`. */
export function shortType(type: string): string {
  return type.startsWith(dynamic) ? type.slice(dynamic.length) : type.replace(/:index\/\w+:/, ":");
}

/** Whether the resource is of a type with this last name, such as `Release`. */
export function isType({ type }: PreviewStep, name: string): boolean {
  return shortType(type).split(":").at(-1) === name;
}

/** Whether the resource is a step of ours, whose deletion from the stack touches nothing. */
export function isOurs({ type }: PreviewStep): boolean {
  return type.startsWith(dynamic);
}

/** The step of the cutover that a resource is part of. */
export function cutoverStepOf(step: PreviewStep): CutoverStep {
  const type = shortType(step.type);
  const inputs = step.new ?? step.old ?? {};
  if (type === "mongo:Index") return inputs.unique === true ? "uniqueIndexes" : "indexes";
  const components = step.parents.map((parent) => parent.split(":").at(-1));
  const found =
    cutoverSteps.find(([, { types }]) => types?.includes(type)) ??
    cutoverSteps.find(([, { component }]) => component && components.includes(component));
  return found?.[0] ?? "other";
}

/** Whether a Job does the whole migration: the claim of the ledger's record is that Job then. */
export function isMigrationJob(step: PreviewStep): boolean {
  const { job } = step.new ?? step.old ?? {};
  return cutoverStepOf(step) === "ledger" && job !== undefined;
}

/** The steps in the cutover's order, those side by side by their names. */
export function inOrder(steps: readonly PreviewStep[]): PreviewStep[] {
  return cutoverSteps.flatMap(([kind, { isParallel }]) => {
    const found = steps.filter((step) => cutoverStepOf(step) === kind);
    return isParallel ? found.sort((a, b) => (a.name < b.name ? -1 : 1)) : found;
  });
}
