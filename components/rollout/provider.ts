import { providerOf } from "../step";
import { canary } from "./canary/step";
import { drain } from "./pods/drain";
import { drainRequest } from "./pods/drain-request";
import { podsReplaced } from "./pods/replaced";
import { cutoverNumbers } from "./update/cutover";
import { servicesCheck } from "./update/services-check";
import { jobsStopped, workerStopped } from "./update/stopped";
import { valuesFile } from "./values/provider";

/** The dynamic providers of the rollout, by the kind that the shim names. */
export const providers = {
  Cutover: providerOf(cutoverNumbers),
  WorkerStopped: providerOf(workerStopped),
  Canary: providerOf(canary),
  ServicesCheck: providerOf(servicesCheck),
  DrainRequest: providerOf(drainRequest),
  Drain: providerOf(drain),
  PodsReplaced: providerOf(podsReplaced),
  JobsStopped: providerOf(jobsStopped),
  ValuesFile: providerOf(valuesFile),
};
