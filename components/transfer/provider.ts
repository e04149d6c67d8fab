import { providerOf } from "../step";
import { collectEarly } from "./memory";
import { steps } from "./steps";

// The provider host loads this module if the stack has a step on the state to do.
collectEarly();

/** The dynamic providers of the steps on the state, by the kind that the shim names. */
export const providers = {
  BulkImport: providerOf(steps.bulkImport),
  Handover: providerOf(steps.handover),
  SecondHandover: providerOf(steps.secondHandover),
  Verification: providerOf(steps.verification),
};
