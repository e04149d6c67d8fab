import type { Step } from "./read/preview";

/** The steps of a cutover and of a way back, in their order (decisions 9 and 10), then the rest. */
export const cutoverSteps = [
  "cluster",
  "ledger",
  "collections",
  "uniqueIndexes",
  "indexes",
  "job",
  "backfill",
  "access",
  "drain",
  "delta",
  "export",
  "worker",
  "web",
  "finalImport",
  "finalExport",
  "verification",
  "retention",
  "other",
] as const;
export type CutoverStep = (typeof cutoverSteps)[number];

/** What a reader calls them. */
export const titles: Readonly<Record<CutoverStep, string>> = {
  cluster: "MongoDB itself",
  ledger: "Ledger",
  collections: "Collections",
  uniqueIndexes: "Unique indexes",
  indexes: "Other indexes",
  job: "Migration",
  backfill: "Import, services on files",
  access: "Access of the services",
  drain: "Worker stopped",
  delta: "Import, worker stopped",
  export: "Fence",
  worker: "Worker",
  web: "Web",
  finalImport: "Import of the rest",
  finalExport: "Export of the rest",
  verification: "Verification",
  retention: "Log expiry",
  other: "Others",
};

const dynamic = "pulumi-nodejs:dynamic/";

/** A resource's type as a reader knows it: `mongo:Index`, `kubernetes:helm.sh/v3:Release`. */
export function shortType(type: string): string {
  return type.startsWith(dynamic) ? type.slice(dynamic.length) : type;
}

/** Whether the resource is a step of ours, whose deletion from the stack touches nothing. */
export function isOurs({ type }: Step): boolean {
  return type.startsWith(dynamic);
}

const byType: Readonly<Record<string, CutoverStep>> = {
  "mongo:LedgerClaim": "ledger",
  "mongo:LedgerCompletion": "ledger",
  "mongo:Collection": "collections",
  "mongo:MigrationJob": "job",
  "mongo:LogExpiryLift": "backfill",
  "mongo:Verification": "verification",
  "mongo:LogRetention": "retention",
};
const byStage: Readonly<Record<string, CutoverStep>> = {
  backfill: "backfill",
  delta: "delta",
  final: "finalImport",
  export: "export",
  rest: "finalExport",
};
const byComponent: Readonly<Record<string, CutoverStep>> = {
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
  if (type === "mongo:Import" || type === "taskrunner:StateExport") {
    return byStage[String(inputs.stage)] ?? "other";
  }
  const components = step.parents.map((parent) => byComponent[parent.split(":").at(-1) ?? ""]);
  return byType[type] ?? components.find((one) => one !== undefined) ?? "other";
}
