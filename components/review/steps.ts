import type { Step } from "./read/preview";

/** What a headline calls one resource of a kind, and several; what has no plural is not counted. */
type Nouns = readonly [one: string, more?: string];

interface Kind {
  readonly title: string;
  readonly nouns?: Nouns;
  /** The types of its resources; of all others the component that they are in decides. */
  readonly types?: readonly string[];
  readonly component?: string;
  /** Whether the engine registers its resources side by side: in another order each time. */
  readonly isParallel?: true;
}

const index: Nouns = ["index", "indexes"];
const state: Nouns = ["step on the state's files", "steps on the state's files"];
const worker: Nouns = ["step of the worker", "steps of the worker"];
const isParallel = true;

/** The steps of a cutover and of a rollback, in their order (design, "The shape"), then the rest. */
const kinds = {
  update: { title: "Preparation", nouns: ["the preparation"], component: "Update", isParallel },
  cluster: {
    title: "MongoDB itself",
    nouns: ["resource of MongoDB itself", "resources of MongoDB itself"],
    component: "MongoCluster",
    isParallel,
  },
  check: {
    title: "Server check",
    nouns: ["the server check"],
    types: ["mongo:ServerCheck", "mongo:ApplicationCheck"],
  },
  ledger: { title: "Ledger", types: ["mongo:LedgerClaim", "mongo:LedgerCompletion"] },
  collections: {
    title: "Collections",
    nouns: ["collection", "collections"],
    types: ["mongo:Collection"],
    isParallel,
  },
  uniqueIndexes: { title: "Unique indexes", nouns: index, isParallel },
  indexes: { title: "Other indexes", nouns: index, isParallel },
  backfill: {
    title: "Bulk import",
    nouns: state,
    types: ["mongo:LogExpiryLift", "taskrunner:BulkImport"],
  },
  access: {
    title: "Access of the services",
    nouns: ["resource of the services' access", "resources of the services' access"],
    component: "Services",
    isParallel,
  },
  drain: { title: "Worker drain", nouns: worker, component: "WorkerDrain" },
  handover: { title: "Handover", nouns: state, types: ["taskrunner:Handover"] },
  worker: { title: "Worker", nouns: worker, component: "WorkerRollout" },
  web: { title: "Web", nouns: ["step of web", "steps of web"], component: "WebRollout" },
  secondHandover: { title: "Second handover", nouns: state, types: ["taskrunner:SecondHandover"] },
  verification: { title: "Verification", nouns: state, types: ["taskrunner:Verification"] },
  retention: { title: "Log expiry", nouns: ["the log expiry"], types: ["mongo:LogRetention"] },
  other: { title: "Others", nouns: ["other resource", "other resources"], isParallel },
} as const satisfies Readonly<Record<string, Kind>>;
export type CutoverStep = keyof typeof kinds;

/** The same as a list; each has the name by which a reader knows it. */
export const cutoverSteps = Object.entries(kinds) as [CutoverStep, Kind][];

const dynamic = "pulumi-nodejs:dynamic/";

/** A resource's type as a reader knows it: `mongo:Index`, `kubernetes:helm.sh/v3:Release`. */
export function shortType(type: string): string {
  const withoutModule = type.replace(/:index\/\w+:/, ":");
  return type.startsWith(dynamic) ? type.slice(dynamic.length) : withoutModule;
}

/** Whether the resource is a step of ours, whose deletion from the stack touches nothing. */
export function isOurs({ type }: Step): boolean {
  return type.startsWith(dynamic);
}

/** The step of the cutover that a resource is part of. */
export function cutoverStepOf(step: Step): CutoverStep {
  const type = shortType(step.type);
  const inputs = step.new ?? step.old ?? {};
  if (type === "mongo:Index") return inputs.unique === true ? "uniqueIndexes" : "indexes";
  const components = step.parents.map((parent) => parent.split(":").at(-1));
  const found =
    cutoverSteps.find(([, { types }]) => types?.includes(type)) ??
    cutoverSteps.find(([, { component }]) => component && components.includes(component));
  return found?.[0] ?? "other";
}

/** What a headline calls a step. */
export function nounsOf(step: Step): Nouns | undefined {
  const { nouns }: Kind = kinds[cutoverStepOf(step)];
  return nouns;
}

/** Whether a Job does the whole migration: the claim of the ledger's record is that Job then. */
export function isMigrationJob(step: Step): boolean {
  const { job } = step.new ?? step.old ?? {};
  return cutoverStepOf(step) === "ledger" && job !== undefined;
}

/** The steps in the cutover's order, those side by side by their names. */
export function inOrder(steps: readonly Step[]): Step[] {
  return cutoverSteps.flatMap(([kind, { isParallel }]) => {
    const found = steps.filter((step) => cutoverStepOf(step) === kind);
    return isParallel ? found.sort((a, b) => (a.name < b.name ? -1 : 1)) : found;
  });
}
