/**
 * The migration: what should exist in MongoDB, compared, planned, executed and recorded. The Pulumi program
 * imports `program.ts`.
 */
export { DataIssues } from "./errors";
export { apply } from "./execute";
export { type LogExpiry, findLogExpiry, setExpiry } from "./expiry";
export { describeDataIssue, previewScan, type DataIssue } from "./issues/data-issues";
export {
  describePlan,
  describeStatus,
  nothingPlanned,
  plan,
  planAsJson,
  status,
  type PlanOptions,
} from "./plan";
export { mongoshScript } from "./script";
