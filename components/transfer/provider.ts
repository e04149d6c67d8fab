import { providerOf } from "../step";
import { handover, finalPass } from "./steps/handover";
import { bulkPass } from "./steps/import";
import { firstVerification, verification } from "./steps/verify";

/** The steps on the state. */
export const steps = { bulkPass, firstVerification, handover, finalPass, verification };

/** The dynamic providers of the steps on the state, by step kind. */
export const providers = {
  BulkPass: providerOf(bulkPass),
  FirstVerification: providerOf(firstVerification),
  Handover: providerOf(handover),
  FinalPass: providerOf(finalPass),
  Verification: providerOf(verification),
};
