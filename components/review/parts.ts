import type { PreviewStep } from "./read";

/** A part of a review. */
export interface Part {
  readonly title: string;
  /** The class of the component around its resources. */
  readonly component?: string;
  /** What it reads or writes in MongoDB. */
  readonly touches?: "schema" | "documents";
}

/** The steps of a cutover and of a rollback, in their order (docs/steps.md), then the other parts. */
export const parts = {
  update: { title: "Preparation", component: "Update" },
  cluster: { title: "MongoDB itself", component: "MongoCluster" },
  check: { title: "Server check" },
  ledger: { title: "Ledger", touches: "schema" },
  collections: { title: "Collections", touches: "schema" },
  uniqueIndexes: { title: "Unique indexes", touches: "schema" },
  indexes: { title: "Other indexes", touches: "schema" },
  bulkPass: { title: "Bulk pass", touches: "documents" },
  canary: { title: "Canary", component: "Canary" },
  firstVerification: { title: "First verification", touches: "documents" },
  access: { title: "Access of the services", component: "Services" },
  drain: { title: "Worker drain", component: "WorkerDrain" },
  handover: { title: "Handover", touches: "documents" },
  worker: { title: "Worker", component: "WorkerRollout" },
  web: { title: "Web", component: "WebRollout" },
  finalPass: { title: "Final pass", touches: "documents" },
  verification: { title: "Verification", touches: "documents" },
  retention: { title: "Log expiry", touches: "documents" },
  other: { title: "Others" },
} as const satisfies Readonly<Record<string, Part>>;

export type CutoverStep = keyof typeof parts;

/** The parts as a list, in their order. */
export const cutoverSteps = Object.entries(parts) as [CutoverStep, Part][];

/** The facts that decide whether a review omits a step. */
interface Circumstances extends Pick<PreviewStep, "operation" | "old" | "new"> {
  readonly isMigrationJob: boolean;
  readonly isRollback: boolean;
  readonly isMongoUnreachable: boolean;
}

/** The words for a reviewer of one of this project's steps. */
export interface OwnStep {
  /** Default: that of its component. */
  readonly part?: CutoverStep;
  /** What it does in a cutover; default: `run`. */
  readonly verb?: string;
  /** What it does in a rollback, with and without MongoDB; default: the same. */
  readonly back?: string;
  readonly backWithoutMongo?: string;
  /** Whether a review omits it; default: never. */
  readonly isNoise?: (found: Circumstances) => boolean;
}

const copies = { verb: "import", back: "export", backWithoutMongo: "hold runs by" };
const bookkeeping = { isNoise: () => true };

/** This project's steps by class. */
export const ownSteps: Readonly<Record<string, OwnStep>> = {
  Cutover: bookkeeping,
  ServicesCheck: bookkeeping,
  DrainRequest: bookkeeping,
  ServerCheck: { part: "check", ...bookkeeping },
  ApplicationCheck: { part: "check", ...bookkeeping },
  LedgerClaim: {
    part: "ledger",
    isNoise: ({ operation, isMigrationJob }) => operation !== "delete" && !isMigrationJob,
  },
  LedgerCompletion: { part: "ledger", ...bookkeeping },
  Collection: { part: "collections" },
  Index: { part: "indexes" },
  SuspendLogTtl: { part: "bulkPass", ...bookkeeping },
  // The handover's row says that changes are exported.
  BulkPass: { part: "bulkPass", ...copies, isNoise: ({ isRollback }) => isRollback },
  Canary: { verb: "start" },
  FirstVerification: { part: "firstVerification", verb: "verify" },
  WorkerStopped: { verb: "wait for" },
  Drain: { verb: "drain" },
  Handover: { part: "handover", ...copies },
  ValuesFile: { verb: "write" },
  PodsReplaced: { verb: "wait for" },
  FinalPass: {
    part: "finalPass",
    ...copies,
    isNoise: ({ isRollback, isMongoUnreachable }) => isRollback && isMongoUnreachable,
  },
  Verification: { part: "verification", verb: "verify" },
  LogRetention: {
    part: "retention",
    // No expiry before, none after.
    isNoise: ({ operation, old, new: wanted }) =>
      operation !== "delete" && ![old, wanted].some((inputs) => Number(inputs?.days) > 0),
  },
};
