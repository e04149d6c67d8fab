import type { Step } from "./read/preview";

/** The steps of a cutover and of a rollback, in their order (design, "The shape"), then the rest. */
export const cutoverSteps = [
  "update",
  "cluster",
  "check",
  "ledger",
  "collections",
  "uniqueIndexes",
  "indexes",
  "backfill",
  "access",
  "drain",
  "handover",
  "worker",
  "web",
  "secondHandover",
  "verification",
  "retention",
  "other",
] as const;
export type CutoverStep = (typeof cutoverSteps)[number];

/** What a reader calls them. */
export const titles: Readonly<Record<CutoverStep, string>> = {
  update: "Preparation",
  cluster: "MongoDB itself",
  check: "Server check",
  ledger: "Ledger",
  collections: "Collections",
  uniqueIndexes: "Unique indexes",
  indexes: "Other indexes",
  backfill: "Bulk import",
  access: "Access of the services",
  drain: "Worker drain",
  handover: "Handover",
  worker: "Worker",
  web: "Web",
  secondHandover: "Second handover",
  verification: "Verification",
  retention: "Log expiry",
  other: "Others",
};

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

const byType: Readonly<Record<string, CutoverStep>> = {
  "mongo:ServerCheck": "check",
  "mongo:LedgerClaim": "ledger",
  "mongo:LedgerCompletion": "ledger",
  "mongo:ApplicationCheck": "check",
  "mongo:Collection": "collections",
  "mongo:LogExpiryLift": "backfill",
  "taskrunner:BulkImport": "backfill",
  "taskrunner:Handover": "handover",
  "taskrunner:SecondHandover": "secondHandover",
  "taskrunner:Verification": "verification",
  "mongo:LogRetention": "retention",
};
const byComponent: Readonly<Record<string, CutoverStep>> = {
  Update: "update",
  MongoCluster: "cluster",
  Services: "access",
  WorkerDrain: "drain",
  WorkerRollout: "worker",
  WebRollout: "web",
};

/** The step of the cutover that a resource is part of. */
export function cutoverStepOf(step: Step): CutoverStep {
  const type = shortType(step.type);
  const inputs = step.new ?? step.old ?? {};
  if (type === "mongo:Index") return inputs.unique === true ? "uniqueIndexes" : "indexes";
  const components = step.parents.map((parent) => byComponent[parent.split(":").at(-1) ?? ""]);
  return byType[type] ?? components.find((one) => one !== undefined) ?? "other";
}

/** Whether a Job does the whole migration: the claim of the ledger's record is that Job then. */
export function isMigrationJob(step: Step): boolean {
  const { job } = step.new ?? step.old ?? {};
  return cutoverStepOf(step) === "ledger" && job !== undefined;
}

/** What the engine registers side by side comes in another order each time. */
const sideBySide: readonly CutoverStep[] = [
  "update",
  "cluster",
  "collections",
  "uniqueIndexes",
  "indexes",
  "access",
  "other",
];

/** The steps in the cutover's order, those side by side by their names. */
export function inOrder(steps: readonly Step[]): Step[] {
  const place = (step: Step) => cutoverSteps.indexOf(cutoverStepOf(step));
  return [...steps].sort((a, b) => {
    const apart = place(a) - place(b);
    if (apart !== 0 || !sideBySide.includes(cutoverStepOf(a))) return apart;
    return a.name < b.name ? -1 : 1;
  });
}
