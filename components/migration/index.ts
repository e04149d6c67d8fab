/** The migration: what should exist in MongoDB, compared, planned, executed and recorded. */
export { apply, type ApplyOptions } from "./apply";
export { DataIssues, MigrationConflict, MigrationError } from "./errors";
export { ClaimRefused } from "./ledger";
export { migrationId } from "./migration-id";
export { PackRunMigration, type PackRunMigrationArgs } from "./pack-run-migration";
export { plan, type Plan, type PlanOptions } from "./plan";
export { planAsJson, planInWords } from "./plan-words";
export { applicationRole, migratorRole } from "./privileges";
export { LogExpiryLift, LogRetention } from "./resources/resources";
export { mongoshScript } from "./script";
export { status, statusInWords, type Status } from "./status";
