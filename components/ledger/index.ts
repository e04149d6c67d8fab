/**
 * What is kept of a migration and its cutovers: the record in the database, which the migration claims
 * and completes, with all fences; and the last fence beside the files.
 */
export {
  FenceNotWritable,
  readFence,
  requireFenceWritable,
  writeFence,
  type Fence,
} from "./fence-file";
export { migrationId } from "./migration-id";
export { FenceMissing, lastFence, recordFence, requireFence, type LedgerRecord } from "./record";
