/**
 * The migration: what should exist in MongoDB, compared, planned, executed and recorded.
 * `program.ts` is the Pulumi program's own door.
 */
export { DataIssues } from "./errors";
export { apply } from "./execute";
export { findEarlierExpiry, setExpiry } from "./expiry";
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
