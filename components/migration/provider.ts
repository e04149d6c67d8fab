import { providerOf } from "../step";
import { logExpiryLift, logRetention } from "./expiry";
import { ledgerClaim, ledgerCompletion } from "./ledger-steps";
import { applicationCheck, collection, index } from "./schema-steps";

/** The migration's steps. */
export const steps = {
  ...{ ledgerClaim, ledgerCompletion, collection, index, applicationCheck },
  ...{ logExpiryLift, logRetention },
};

/** The migration's dynamic providers by step kind. */
export const providers = {
  LedgerClaim: providerOf(ledgerClaim),
  LedgerCompletion: providerOf(ledgerCompletion),
  ApplicationCheck: providerOf(applicationCheck),
  Collection: providerOf(collection),
  Index: providerOf(index),
  LogExpiryLift: providerOf(logExpiryLift),
  LogRetention: providerOf(logRetention),
};
