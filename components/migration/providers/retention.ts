import { countCutover, mongoSide } from "../../dynamic";
import { jobStep } from "../../jobs";
import { setExpiry } from "../expiry";
import type { LiftInputs, RetentionInputs } from "./inputs";
import { observe } from "../planner/observe";
import { day, diffExpiry } from "../planner/diff";
import { databaseOf, differsIn } from "./shared";

/** Sets, changes or lifts the expiry; last in a cutover, when everything is verified. */
export const logRetention = mongoSide<RetentionInputs, object>({
  results: [],
  id: () => "log-retention",
  check: countCutover,
  differs: differsIn("database", "collection", "days", "cutover"),
  apply: async (inputs) => {
    await expire("log-retention", inputs, inputs.days);
    return {};
  },
  read: async ({ days, collection, job, ...address }) => {
    // The engine does not reach the database.
    if (job) return {};
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
    await expire("log-expiry-lift", inputs, 0);
    return {};
  },
});

async function expire(id: string, inputs: LiftInputs, days: number): Promise<void> {
  const { job } = inputs;
  if (!job) return setExpiry(await databaseOf(inputs), inputs, days);
  const command = { step: id, args: ["expiry", "--days", String(days), "--json"] };
  await jobStep(job, command, { id, outputs: inputs });
}
