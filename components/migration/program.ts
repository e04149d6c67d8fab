/** The migration as the Pulumi program has it. */
export { PackRunMigration, type PackRunMigrationArgs } from "./pack-run-migration";
export { LogExpiryLift, LogRetention } from "./resources/resources";
