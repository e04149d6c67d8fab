/**
 * The backfill: filesystem state into MongoDB and back, and the proof that all of it arrived.
 * `program.ts` is the Pulumi program's own door.
 */
export { QuarantineError } from "./errors";
export { StateFolderError } from "../state";
export { exportState } from "./export";
export type { ExportReport } from "./export/report";
export { importInto, importState, type ImportOptions, type ImportSource } from "./import";
export type { SharedLog } from "../state";
export { collectEarly } from "./memory";
export type { Shard } from "./shard";
export type { BothSides } from "./sides";
export { importStages, type ImportStage } from "./stage";
export { forgetWhereMissing } from "./forget";
export { placeInWords, type Place } from "../state";
export type { Counts, ImportReport, Quarantined } from "./tally";
export type { VerifiedCounts } from "./compared";
export { verifyState, type VerificationReport, type VerifyOptions } from "./verify";
export type { Target } from "./target";
export { goBack, rollbackInWords, unfinishedIn, type RollbackReport } from "./rollback";
export { stateFiles } from "../state";
export { openStateFolder, type StateAddress, type StateFolder } from "../state";
