import { collection } from "./providers/collection";
import { index } from "./providers/index-provider";
import { migrationJob } from "./providers/job";
import { ledgerClaim, ledgerCompletion } from "./providers/ledger";
import { logExpiryLift, logRetention } from "./providers/retention";

/**
 * The dynamic providers of the migration, by the kind that the shim names. The path of this file
 * and these names are a contract with existing stacks: their states load them.
 */
export const providers = {
  LedgerClaim: ledgerClaim,
  LedgerCompletion: ledgerCompletion,
  Collection: collection,
  Index: index,
  LogExpiryLift: logExpiryLift,
  LogRetention: logRetention,
  MigrationJob: migrationJob,
};
