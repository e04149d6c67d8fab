import { providerOf } from "../step";
import { handover, secondHandover } from "./steps/handover";
import { bulkImport, verification } from "./steps/import";

/** The steps on the state. */
export const steps = { bulkImport, handover, secondHandover, verification };

/** The dynamic providers of the steps on the state, by the kind that the shim names. */
export const providers = {
  BulkImport: providerOf(bulkImport),
  Handover: providerOf(handover),
  SecondHandover: providerOf(secondHandover),
  Verification: providerOf(verification),
};
