import type { Document } from "mongodb";
import { requireApplication } from "../../cluster/server";
import type { CollectionRole, WantedIndex } from "../../contract";
import { addressIn } from "../../mongo";
import { kind, type MongoInputs, type OncePerCutover, type Step } from "../../step";
import { day, expiryIndex } from "../planner/diff";
import { indexSpec, sameSpec } from "../planner/index-spec";
import { room } from "./shared";

/** What the services' user tries; `uri` is their connection string, which is secret. */
export interface ApplicationInputs extends MongoInputs, OncePerCutover {
  /** The names of the collections that exist, by role. */
  readonly collections: Partial<Readonly<Record<CollectionRole, string>>>;
  /** Commands by which the services may create their indexes at start, as JSON: the engine sorts an object's keys. */
  readonly creations: readonly string[];
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
  followsServer: true,
  compares: ["database", "cutover"],
  job: {},
  forward: async ({ collections, isApart, creations, ...inputs }) => {
    // The services have a Secret of the site's own, and the settings no connection string.
    if (inputs.uri === undefined) return {};
    const commands = creations.map((text) => JSON.parse(text) as Document);
    await requireApplication(addressIn(inputs), collections, isApart, commands);
    return {};
  },
};

/**
 * The commands, as JSON, by which a service may create the contract's indexes: the one on which log entries expire
 * without an expiry, and with it if `days` is not 0.
 */
export function indexCreations(indexes: readonly WantedIndex[], days: number): string[] {
  return indexes.flatMap((index) => {
    const spec = indexSpec(index);
    const isExpiry =
      days > 0 && sameSpec(spec, indexSpec({ ...expiryIndex(index.collection), name: index.name }));
    const specs = isExpiry ? [spec, { ...spec, expireAfterSeconds: days * day }] : [spec];
    return specs.map((one) => JSON.stringify({ createIndexes: index.collection, indexes: [one] }));
  });
}
