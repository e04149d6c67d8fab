/**
 * The migration's record in the database: the migration claims and completes it, a cutover's fence
 * is noted in it.
 */
export { migrationId } from "./migration-id";
export {
  carryFences,
  FenceMissing,
  latestOf,
  recordFence,
  requireFence,
  type LedgerRecord,
} from "./record";
