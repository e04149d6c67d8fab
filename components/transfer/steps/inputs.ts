import type { CollectionRole } from "../../contract";
import type { DrainSnapshot } from "../../kubernetes";
import type { DrainGate } from "../../settings";
import type { CutoverRecord, StateAddress } from "../../state";
import { type MongoInputs, type OncePerCutover, kind } from "../../step";
import type { RollbackResults } from "../rollback/rollback";
import type { Report } from "../reports";
import type { RecordTotals } from "../totals";

const here = ["transfer", "taskrunner"] as const;

/** Inputs of every step on the state: where both sides are. `uri` is secret. */
export interface StateInputs extends MongoInputs, OncePerCutover, StateAddress {
  /** The state directory; a relative path counts from the project's folder. In a Job: of its pods. */
  readonly root: string;
  /** In a pod: the volume that it is in, for messages. */
  readonly rootName?: string;
  readonly collections: Readonly<Record<CollectionRole, string>>;
  /** Whether approvals have a collection; if not, their files stay as they are. */
  readonly approvals: boolean;
  /** The hash of quarantined and differing records that are accepted at the end of a cutover. */
  readonly acceptQuarantined?: string;
  /** The hash of differences in form that are accepted. */
  readonly acceptForms?: string;
  /** The collection of the migration's record, with its cutovers, the ended ones too, and former log expiries. */
  readonly ledger: string;
  /** The cutover since which services that the stack took over work on MongoDB: nothing is imported. Otherwise empty. */
  readonly takenOver?: string;
  /** The gate before the worker's drain, only in steps before it: they run again once it opens. */
  readonly gate?: DrainGate;
}

/** Settings for reaching MongoDB in a rollback; not compared. */
interface ReachInputs {
  /** How long a rollback waits for a primary, in s. */
  readonly electionSeconds: number;
  /** The moment of a cutover whose later changes in MongoDB are given up: MongoDB is not queried. */
  readonly abandonMongo?: string;
  /** The moment of a cutover since which the primary's data is exported although no majority acknowledges a write. */
  readonly exportUnconfirmed?: string;
}

/** An import's report names the first twenty cases of a kind. */
export interface ImportResults {
  readonly report: Report<"import">;
}

/** A bulk pass imports nothing for services that the stack took over. */
export interface BulkPassResults extends Partial<ImportResults> {
  /** When the last import ended, in ISO 8601, UTC. */
  readonly importedAt?: string;
  /** What the last rollback wrote to files before the drain; absent after a cutover. */
  readonly exported?: RecordTotals;
}

/** Inputs of the first verification, which runs again after each import of the bulk pass. */
export interface FirstVerificationInputs extends StateInputs {
  /** When the bulk pass imported; absent if it imported nothing that could be verified. */
  readonly importedAt?: string;
  /** When web's canary last began to work in MongoDB; absent without one. */
  readonly canaryAt?: string;
}

/** The results of the first verification, with the import after it; empty if it compared nothing. */
export interface FirstVerificationResults extends Partial<ImportResults> {
  /** When the first verification and the import after it ended, in ISO 8601, UTC. */
  readonly verifiedAt?: string;
}

/** A verification's report names the first twenty cases of a kind. */
export interface VerificationResults {
  readonly report: Report<"verification">;
}

/** Inputs of the three passes; a change of the inputs of a rollback does not run them again. */
export interface PassInputs extends StateInputs, ReachInputs {
  /** When web was last found on files after a cutover, in ISO 8601, UTC; absent in the handover, or if it never was. */
  readonly webOnFilesAt?: string;
}

/** Inputs of the handover: the drain's results, absent if the program sees no pods. */
export interface HandoverInputs extends PassInputs {
  /** `<project>/<stack>`, which the ledger records with the cutover. */
  readonly stack: string;
  /** When the last finished drain of the worker began, in ISO 8601; another one makes the step run. */
  readonly stoppedAt?: string;
  readonly drainSnapshot?: DrainSnapshot;
}

/** The last results of a delta or final pass in each direction; reports name the first twenty cases of a kind. */
export interface PassResults {
  /** Absent until a cutover reached this step. */
  readonly report?: Report<"import">;
  /** The record of the last cutover; absent until one reached the handover, which records it. */
  readonly cutoverRecord?: CutoverRecord;
  /** Absent after a cutover until a rollback. */
  readonly rollback?: RollbackResults;
}

/** Inputs of the final pass, with the handover's cutover, without which it exports nothing. */
export interface FinalPassInputs extends PassInputs {
  /** When the cutover was recorded, in ISO 8601; absent if none was. */
  readonly cutoverAt?: string;
  /** Set if the program does not see when web is deployed: the final pass of the cutover is then one by command. */
  readonly confirm?: "none";
}

export const BulkPass = kind<PassInputs, BulkPassResults>("BulkPass", here, [
  "report",
  "importedAt",
  "exported",
]);

export const FirstVerification = kind<FirstVerificationInputs, FirstVerificationResults>(
  "FirstVerification",
  here,
  ["report", "verifiedAt"],
);

export const Handover = kind<HandoverInputs, PassResults>("Handover", here, [
  "report",
  "cutoverRecord",
  "rollback",
]);

export const FinalPass = kind<FinalPassInputs, PassResults>("FinalPass", here, [
  "report",
  "rollback",
]);

export const Verification = kind<StateInputs, VerificationResults>("Verification", here, [
  "report",
]);
