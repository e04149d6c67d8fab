import { providerOf } from "../step";
import { applicationCheck } from "./application-check";
import { suspendLogTtl, logRetention } from "./expiry";
import { ledgerClaim, ledgerCompletion } from "./ledger-steps";
import { collection, index } from "./schema-steps";

/** The migration's steps. */
export const steps = {
  ledgerClaim,
  ledgerCompletion,
  collection,
  index,
  applicationCheck,
  suspendLogTtl,
  logRetention,
};

/** The migration's dynamic providers by step kind. */
export const providers = {
  LedgerClaim: providerOf(ledgerClaim),
  LedgerCompletion: providerOf(ledgerCompletion),
  ApplicationCheck: providerOf(applicationCheck),
  Collection: providerOf(collection),
  Index: providerOf(index),
  SuspendLogTtl: providerOf(suspendLogTtl),
  LogRetention: providerOf(logRetention),
};
