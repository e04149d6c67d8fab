/** The backfill as the Pulumi program has it. */
export { FilesystemBackfill, FinalImport, Verification, type BackfillArgs } from "./components";
