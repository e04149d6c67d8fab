import type { Document } from "mongodb";
import { requireApplication } from "../cluster/server";
import { buildSchema, type SchemaOptions, type WantedIndex } from "../contract";
import { addressIn } from "../mongo";
import { kind, type MongoInputs, type OncePerCutover, type Step } from "../step";
import { day, expiryIndex } from "./planner/diff";
import { indexSpec, sameSpec } from "./planner/index-spec";
import { migrationModule } from "./step-inputs";

export interface ApplicationInputs extends MongoInputs, OncePerCutover {
  readonly schema: SchemaOptions;
  /** Days until a log entry expires; 0 for never. */
  readonly days: number;
  /** The setting `mongo.extraCollections`; they may not exist yet. */
  readonly extraCollections?: readonly string[] | undefined;
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
  forward: async ({ schema, days, extraCollections = [], isApart, ...inputs }) => {
    // The services use the site's own Secret, so their connection string is unknown.
    if (inputs.uri === undefined) return {};
    const { collections, indexes } = buildSchema(schema);
    const names = [...collections.map(({ name }) => name), ...extraCollections];
    await requireApplication(addressIn(inputs), names, isApart, indexCreations(indexes, days));
    return {};
  },
};

/**
 * The commands by which services create the contract's indexes. With `days`, the TTL index is listed twice: without and
 * with the expiry.
 */
function indexCreations(indexes: readonly WantedIndex[], days: number): Document[] {
  return indexes.flatMap((index) => {
    const spec = indexSpec(index);
    const isExpiry =
      days > 0 && sameSpec(spec, indexSpec({ ...expiryIndex(index.collection), name: index.name }));
    const specs = isExpiry ? [spec, { ...spec, expireAfterSeconds: days * day }] : [spec];
    return specs.map((one) => ({ createIndexes: index.collection, indexes: [one] }));
  });
}
