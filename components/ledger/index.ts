/** What is kept of a migration in the database: the record that it claims and completes, with all fences. */
export {
  FenceMissing,
  lastFence,
  migrationId,
  readEndedCutover,
  readExpired,
  recordExpired,
  recordExport,
  recordFence,
  requireFence,
  type LedgerRecord,
} from "./record";
