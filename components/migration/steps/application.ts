import { requireApplication } from "../../cluster/server";
import type { CollectionRole, WantedIndex } from "../../contract";
import { addressIn } from "../../mongo";
import { kind, type MongoInputs, type Step } from "../../step";
import { day, expiryIndex } from "../planner/diff";
import { indexSpec } from "../planner/index-spec";
import { room } from "./shared";

/** What the services' user tries; `uri` is their connection string, which is secret. */
export interface ApplicationInputs extends MongoInputs {
  /** The names of the collections that exist, by role. */
  readonly collections: Partial<Readonly<Record<CollectionRole, string>>>;
  /** The contract's indexes, which the services may create at start. */
  readonly indexes: readonly WantedIndex[];
  /** Days after which a log entry expires; 0 for never. */
  readonly days: number;
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
  forward: async ({ collections, isApart, indexes, days, ...inputs }) => {
    // The services have a Secret of the site's own, and the settings no connection string.
    if (inputs.uri === undefined) return {};
    const specs = indexes.flatMap((index) => specsOf(index, days));
    await requireApplication(addressIn(inputs), collections, isApart, specs);
    return {};
  },
};

/** What a service may create: the index on which entries expire with its expiry too, and without it. */
function specsOf(index: WantedIndex, days: number) {
  const { collection, key } = index;
  const spec = indexSpec(index);
  const isExpiry = JSON.stringify(key) === JSON.stringify(expiryIndex(collection).key);
  const specs = days > 0 && isExpiry ? [spec, { ...spec, expireAfterSeconds: days * day }] : [spec];
  return specs.map((one) => ({ collection, spec: one }));
}
