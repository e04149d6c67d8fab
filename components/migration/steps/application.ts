import { requireApplication } from "../../cluster/server";
import type { CollectionRole } from "../../contract";
import { addressIn } from "../../mongo";
import { kind, type MongoInputs, type Step } from "../../step";
import { room } from "./shared";

/** What the services' user tries; `uri` is their connection string, which is secret. */
export interface ApplicationInputs extends MongoInputs {
  /** The names of the collections that exist, by role. */
  readonly collections: Partial<Readonly<Record<CollectionRole, string>>>;
  /** Whether only the services may reach this address: then a warning is enough if it is unreachable. */
  readonly isApart: boolean;
}

/**
 * The services' user tries what the services do, once in each cutover, after everything is there: what
 * it lacks has to be known before the worker is drained (issue #16).
 */
export const applicationCheck: Step<ApplicationInputs, object> = {
  ...kind<ApplicationInputs, object>("ApplicationCheck", room),
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
