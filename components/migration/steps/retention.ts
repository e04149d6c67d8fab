import { kind, type OncePerCutover, type Step } from "../../step";
import { setExpiry } from "../expiry";
import { day, diffExpiry } from "../planner/diff";
import { observe } from "../planner/observe";
import { databaseOf, look, room, type MigrationInputs } from "./shared";

/** The expiry of log entries, which is not part of the index's own resource. */
export interface RetentionInputs extends MigrationInputs, OncePerCutover {
  readonly collection: string;
  /** Days after which an entry expires; 0 for never. */
  readonly days: number;
}

const setting = {
  followsServer: true,
  compares: ["database", "collection", "days", "cutover"],
  job: {},
  forward: async (inputs) => {
    await setExpiry(await databaseOf(inputs), inputs, inputs.days);
    return {};
  },
} satisfies Partial<Step<RetentionInputs, object>>;

/** Sets, changes or lifts the expiry; last in a cutover, when everything is verified. */
export const logRetention: Step<RetentionInputs, object> = {
  ...kind<RetentionInputs, object>("LogRetention", room),
  ...setting,
  id: () => "log-retention",
  reads: async (inputs) => {
    const { days, collection } = inputs;
    const observed = await look(inputs, collection, (db) => observe(db, [collection]));
    const [change] = diffExpiry(collection, days, observed);
    if (change?.kind !== "modify index") return {};
    return { days: (change.found.expireAfterSeconds ?? 0) / day };
  },
};

/**
 * Lifts an expiry that an earlier cutover set: a live one would delete old entries while they are
 * imported again. A refresh leaves the expiry to the retention.
 */
export const logExpiryLift: Step<RetentionInputs, object> = {
  ...kind<RetentionInputs, object>("LogExpiryLift", room),
  ...setting,
  id: () => "log-expiry-lift",
};
