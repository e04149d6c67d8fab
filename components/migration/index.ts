/**
 * The migration: compares MongoDB with the wanted schema, then plans, executes and records the changes. The Pulumi
 * program imports `program.ts`.
 */
export { describePlan, planAsJson } from "./describe";
export { DataIssues } from "./errors";
export { apply } from "./execute";
export { type LogExpiry, findLogExpiry, setExpiry } from "./expiry";
export { describeDataIssue, previewScan, type DataIssue } from "./issues/data-issues";
export { nothingPlanned, plan, type PlanOptions } from "./plan";
export { foreseeClaim } from "./ledger-steps";
export { mongoshScript } from "./script";
export { describeStatus, lastCutoverFile, status } from "./status";
