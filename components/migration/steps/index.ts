import { applicationCheck } from "./application";
import { collection } from "./collection";
import { index } from "./index-step";
import { ledgerClaim, ledgerCompletion } from "./ledger";
import { logExpiryLift, logRetention } from "./retention";

/** The migration's steps. */
export const steps = {
  ...{ ledgerClaim, ledgerCompletion, applicationCheck, collection, index },
  ...{ logExpiryLift, logRetention },
};
