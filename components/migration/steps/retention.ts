import { kind, type Step } from "../../step";
import { setExpiry } from "../expiry";
import { day, diffExpiry } from "../planner/diff";
import type { LiftInputs, RetentionInputs } from "./inputs";
import { databaseOf, refreshObserved } from "./shared";

export const LogRetention = kind<RetentionInputs, object>("LogRetention", ["migration", "mongo"]);

/** Sets, changes or lifts the expiry; last in a cutover, when everything is verified. */
export const logRetention: Step<RetentionInputs, object> = {
  ...LogRetention,
  id: () => "log-retention",
  isOncePerCutover: true,
  followsServer: true,
  compares: ["database", "collection", "days"],
  job: {},
  forward: async (inputs) => {
    await setExpiry(await databaseOf(inputs), inputs, inputs.days);
    return {};
  },
  reads: async ({ days, collection, ...address }) => {
    const observed = await refreshObserved(address, collection);
    const [change] = diffExpiry(collection, days, observed);
    if (change?.kind !== "modify index") return {};
    return { days: (change.found.expireAfterSeconds ?? 0) / day };
  },
};

export const LogExpiryLift = kind<LiftInputs, object>("LogExpiryLift", ["migration", "mongo"]);

/**
 * Lifts an expiry that an earlier cutover set: a live one would delete old entries while they are
 * imported again.
 */
export const logExpiryLift: Step<LiftInputs, object> = {
  ...LogExpiryLift,
  id: () => "log-expiry-lift",
  isOncePerCutover: true,
  followsServer: true,
  compares: ["database", "collection"],
  job: {},
  forward: async (inputs) => {
    await setExpiry(await databaseOf(inputs), inputs, 0);
    return {};
  },
};
