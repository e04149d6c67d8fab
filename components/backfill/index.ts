/** The backfill: filesystem state into MongoDB, and the proof that all of it arrived. */
export { FilesystemBackfill, FinalImport, Verification, type BackfillArgs } from "./components";
export { StateFolderError } from "./errors";
export { importState } from "./import";
export type { BothSides } from "./sides";
export type { Counts, ImportReport, IncompleteLine, Place, Quarantined } from "./tally";
export { verifyState, type VerificationReport, type VerifiedCounts } from "./verify";
