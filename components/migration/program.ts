/** The migration as the Pulumi program has it. */
export { LogExpiryLift, LogRetention } from "./log-expiry";
export { PackRunMigration, type PackRunMigrationArgs } from "./pack-run-migration";
