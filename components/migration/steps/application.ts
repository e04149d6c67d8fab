import { requireApplication } from "../../cluster/server";
import { addressIn } from "../../mongo";
import { kind, type Step } from "../../step";
import type { ApplicationInputs } from "./inputs";

export const ApplicationCheck = kind<ApplicationInputs, object>("ApplicationCheck", [
  "migration",
  "mongo",
]);

/**
 * The services' user tries what the services do, once in each cutover, after everything is there: what
 * it lacks has to be known before the worker is drained (issue #16).
 */
export const applicationCheck: Step<ApplicationInputs, object> = {
  ...ApplicationCheck,
  id: () => "application-check",
  isOncePerCutover: true,
  followsServer: true,
  compares: ["database"],
  job: {},
  forward: async ({ collections, isApart, ...inputs }) => {
    // The services have a Secret of the site's own, and the settings no connection string.
    if (inputs.uri === undefined) return {};
    await requireApplication(addressIn(inputs), collections, isApart);
    return {};
  },
};
