import type { Document } from "mongodb";
import { requireApplication } from "../cluster/server";
import type { CollectionRole, WantedIndex } from "../contract";
import { addressIn } from "../mongo";
import { kind, type MongoInputs, type OncePerCutover, type Step } from "../step";
import { day, expiryIndex } from "./planner/diff";
import { indexSpec, sameSpec } from "./planner/index-spec";
import { migrationModule } from "./step-inputs";

export interface ApplicationInputs extends MongoInputs, OncePerCutover {
  /** The names of the existing collections, by role. */
  readonly collections: Partial<Readonly<Record<CollectionRole, string>>>;
  /** The setting `mongo.extraCollections`; they may not exist yet. */
  readonly extraCollections?: readonly string[] | undefined;
  /**
   * Commands by which services create their indexes at start, as JSON, because the engine sorts an object's keys.
   */
  readonly creations: readonly string[];
  /** Whether the address is not the migrator's; then it is only a warning if it is unreachable. */
  readonly isApart: boolean;
}

/**
 * Checks the services' privileges once per cutover, after all collections and indexes exist, so that a missing
 * privilege surfaces before the drain.
 */
export const applicationCheck: Step<ApplicationInputs, object> = {
  ...kind<ApplicationInputs, object>("ApplicationCheck", migrationModule),
  id: () => "application-check",
  followsServer: true,
  compares: ["database", "cutover"],
  job: {},
  forward: async ({ collections, extraCollections = [], isApart, creations, ...inputs }) => {
    // The services use the site's own Secret, so their connection string is unknown.
    if (inputs.uri === undefined) return {};
    const names = [...Object.values(collections), ...extraCollections];
    const commands = creations.map((text) => JSON.parse(text) as Document);
    await requireApplication(addressIn(inputs), names, isApart, commands);
    return {};
  },
};

/**
 * The commands by which services create the contract's indexes, as JSON. With `days`, the TTL index is listed
 * twice: without and with the expiry.
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
