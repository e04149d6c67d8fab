/** The migration: what should exist in MongoDB, compared, planned, executed and recorded. */
export { PackRunMigration, type PackRunMigrationArgs } from "./pack-run-migration";
export { LogExpiryLift, LogRetention } from "./resources";
