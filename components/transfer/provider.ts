import { providerOf } from "../step";
import { handover, finalPass } from "./steps/handover";
import { bulkPass } from "./steps/import";
import { withCutReports } from "./steps/outputs";
import { firstVerification, verification } from "./steps/verify";

/** The steps on the state. */
export const steps = {
  bulkPass: withCutReports(bulkPass),
  firstVerification: withCutReports(firstVerification),
  handover: withCutReports(handover),
  finalPass: withCutReports(finalPass),
  verification: withCutReports(verification),
};

/** The dynamic providers of the steps on the state, by step kind. */
export const providers = {
  BulkPass: providerOf(steps.bulkPass),
  FirstVerification: providerOf(steps.firstVerification),
  Handover: providerOf(steps.handover),
  FinalPass: providerOf(steps.finalPass),
  Verification: providerOf(steps.verification),
};
