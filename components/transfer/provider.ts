import { providerOf } from "../step";
import { handover, finalPass } from "./steps/handover";
import { bulkPass, verification } from "./steps/import";

/** The steps on the state. */
export const steps = { bulkPass, handover, finalPass, verification };

/** The dynamic providers of the steps on the state, by the kind that the shim names. */
export const providers = {
  BulkPass: providerOf(bulkPass),
  Handover: providerOf(handover),
  FinalPass: providerOf(finalPass),
  Verification: providerOf(verification),
};
