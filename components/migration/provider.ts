import { providerOf } from "../step";
import { steps } from "./steps";

/** The dynamic providers of the migration, by the kind that the shim names. */
export const providers = {
  LedgerClaim: providerOf(steps.ledgerClaim),
  LedgerCompletion: providerOf(steps.ledgerCompletion),
  ApplicationCheck: providerOf(steps.applicationCheck),
  Collection: providerOf(steps.collection),
  Index: providerOf(steps.index),
  LogExpiryLift: providerOf(steps.logExpiryLift),
  LogRetention: providerOf(steps.logRetention),
};
