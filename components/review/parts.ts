import type { PreviewStep } from "./read";

/** When a part of a cutover or a rollback happens. */
export type Phase = "before" | "stopped" | "services" | "after";

/** A part of a review. */
export interface Part {
  readonly title: string;
  /** Default: it has no place in a cutover. */
  readonly phase?: Phase;
  /** What its resources are called; default: `resource`. */
  readonly noun?: string;
  /** The class of the component around its resources. */
  readonly component?: string;
  /** What it reads or writes in MongoDB. */
  readonly touches?: "schema" | "documents";
}

/** The steps of a cutover and of a rollback, in their order (docs/steps.md), then the other parts. */
export const parts = {
  update: { phase: "before", title: "Preparation", component: "Update" },
  cluster: { phase: "before", title: "MongoDB itself", component: "MongoCluster" },
  check: { phase: "before", title: "Server check" },
  ledger: { phase: "before", title: "Ledger", touches: "schema" },
  collections: { phase: "before", title: "Collections", noun: "collection", touches: "schema" },
  indexes: { phase: "before", title: "Indexes", noun: "index", touches: "schema" },
  bulkPass: { phase: "before", title: "Bulk pass", touches: "documents" },
  canary: { phase: "before", title: "Canary", component: "Canary" },
  firstVerification: { phase: "before", title: "First verification", touches: "documents" },
  access: { phase: "before", title: "Access of the services", component: "Services" },
  drain: { phase: "stopped", title: "Worker drain", component: "WorkerDrain" },
  handover: { phase: "stopped", title: "Handover", touches: "documents" },
  worker: { phase: "services", title: "Worker", component: "WorkerRollout" },
  web: { phase: "services", title: "Web", component: "WebRollout" },
  finalPass: { phase: "after", title: "Final pass", touches: "documents" },
  verification: { phase: "after", title: "Verification", touches: "documents" },
  retention: { phase: "after", title: "Log expiry", touches: "documents" },
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
  /** Whether the services work on MongoDB already, so that the steps of a cutover do nothing. */
  readonly takesOver: boolean;
}

/** The place of one of this project's steps in a review. */
export interface OwnStep {
  /** Default: that of its component. */
  readonly part?: CutoverStep;
  /** Whether a review omits it; default: never. */
  readonly isNoise?: (found: Circumstances) => boolean;
}

const bookkeeping = { isNoise: () => true };
const isLost = ({ isRollback, isMongoUnreachable }: Circumstances) =>
  isRollback && isMongoUnreachable;
const isTakenOver = ({ takesOver }: Circumstances) => takesOver;
const isIdle = (found: Circumstances) => isLost(found) || isTakenOver(found);

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
  BulkPass: { part: "bulkPass", isNoise: isIdle },
  Canary: { isNoise: isTakenOver },
  FirstVerification: { part: "firstVerification", isNoise: isTakenOver },
  Drain: { isNoise: isTakenOver },
  WorkerStopped: { isNoise: isTakenOver },
  Handover: { part: "handover", isNoise: isTakenOver },
  FinalPass: { part: "finalPass", isNoise: isIdle },
  Verification: { part: "verification" },
  LogRetention: {
    part: "retention",
    // No expiry before, none after.
    isNoise: ({ operation, old, new: wanted }) =>
      operation !== "delete" && ![old, wanted].some((inputs) => Number(inputs?.days) > 0),
  },
};
