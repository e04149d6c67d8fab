/** The backfill as the Pulumi program has it. */
export {
  DeltaImport,
  FilesystemBackfill,
  FinalExport,
  FinalImport,
  StateExport,
  Verification,
  type BackfillArgs,
  type StateExportArgs,
} from "./components";
export { warnOfNoExport } from "./no-export";
