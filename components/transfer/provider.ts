import { providerOf } from "../step";
import { steps } from "./steps";

/** The dynamic providers of the steps on the state, by the kind that the shim names. */
export const providers = {
  BulkImport: providerOf(steps.bulkImport),
  Handover: providerOf(steps.handover),
  SecondHandover: providerOf(steps.secondHandover),
  Verification: providerOf(steps.verification),
};
