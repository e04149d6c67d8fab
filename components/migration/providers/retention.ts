import { countCutover, mongoSide } from "../../dynamic";
import { setExpiry } from "../expiry";
import type { LiftInputs, RetentionInputs } from "../resources/inputs";
import { observe } from "../planner/observe";
import { day, diffExpiry } from "../planner/retention";
import { databaseOf, differsIn } from "./shared";

/** Sets, changes or lifts the expiry; last in a cutover, when everything is verified. */
export const logRetention = mongoSide<RetentionInputs, object>({
  results: [],
  id: () => "log-retention",
  check: countCutover,
  differs: differsIn("database", "collection", "days", "cutover"),
  apply: async (inputs) => {
    await setExpiry(await databaseOf(inputs), inputs, inputs.days);
    return {};
  },
  read: async ({ days, collection, ...address }) => {
    const observed = await observe(await databaseOf(address), [collection]);
    const [change] = diffExpiry(collection, days, observed);
    if (change?.kind !== "modify index") return {};
    return { days: (change.found.expireAfterSeconds ?? 0) / day };
  },
});

/**
 * Lifts an expiry that an earlier cutover set: a live one would delete old entries while they are
 * imported again.
 */
export const logExpiryLift = mongoSide<LiftInputs, object>({
  results: [],
  id: () => "log-expiry-lift",
  check: countCutover,
  differs: differsIn("database", "collection", "cutover"),
  apply: async (inputs) => {
    await setExpiry(await databaseOf(inputs), inputs, 0);
    return {};
  },
});
