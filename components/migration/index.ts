/**
 * The migration: what should exist in MongoDB, compared, planned, executed and recorded.
 * `program.ts` is the Pulumi program's own door.
 */
export { apply, type ApplyOptions } from "./apply";
export { DataIssues, MigrationConflict, MigrationError } from "./errors";
export { findEarlierExpiry, setExpiry } from "./expiry";
export { describeDataIssue, previewScan, type DataIssue } from "./issues/data-issues";
export { ClaimRefused } from "./ledger";
export { nothingPlanned, plan, type Plan, type PlanOptions } from "./plan";
export { planAsJson, describePlan } from "./plan-words";
export { mongoshScript } from "./script";
export { status, describeStatus, type Status } from "./status";
