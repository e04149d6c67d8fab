import { BSON, type Document } from "mongodb";
import { requireApplication } from "../cluster/server";
import type {
  CollectionRole,
  IndexKey,
  WantedCollection,
  WantedIndex,
  WantedSchema,
} from "../contract";
import { addressIn } from "../mongo";
import { kind, type MongoInputs, type OncePerCutover, type Step } from "../step";
import { reconcile } from "./execute";
import { describeDataIssue, withholdChanges, type OnDataIssue } from "./issues/data-issues";
import { recordCommand } from "./record";
import { openDatabase, inspect, migrationModule, type MigrationInputs } from "./step-inputs";
import { compareSchema, searchData } from "./plan";
import { day, expiryIndex } from "./planner/diff";
import { indexSpec, sameSpec } from "./planner/index-spec";

export interface ReconcileInputs extends MigrationInputs {
  readonly onDataIssue: OnDataIssue;
}

// With `onDataIssue: report`, blocked changes are left out. With `fail`, the claim has already found no issues.
async function reconcileOne(inputs: ReconcileInputs, wanted: WantedSchema) {
  const db = await openDatabase(inputs);
  const { issues } =
    inputs.onDataIssue === "report" ? await searchData(db, wanted) : { issues: [] };
  const changes = await reconcile(db, withholdChanges(wanted, issues), (executed) =>
    recordCommand(db, inputs.ledger, executed),
  );
  return { changes, blockedBy: issues.map(describeDataIssue).join("\n") };
}

type CollectionInputs = ReconcileInputs & WantedCollection;

export interface CollectionResults {
  /** Describes why the validator is less strict than wanted; empty if it is not. */
  readonly blockedBy: string;
}

/** A collection with its validator. */
export const collection: Step<CollectionInputs, CollectionResults> = {
  ...kind<CollectionInputs, CollectionResults>("Collection", migrationModule, ["blockedBy"]),
  id: ({ name }) => name,
  followsServer: true,
  compares: ["database", "name", "validator", "validationLevel", "validationAction"],
  job: { coveredBy: { blockedBy: "" } },
  forward: async (inputs) => {
    const { blockedBy } = await reconcileOne(inputs, { collections: [inputs], indexes: [] });
    return { blockedBy };
  },
  reads: async (applied) => {
    const wanted = { collections: [applied], indexes: [] };
    const [change] = await inspect(applied, applied.name, (db) => compareSchema(db, wanted));
    if (change?.kind === "create collection") return undefined;
    if (change?.kind !== "modify validator") return {};
    const { validationLevel, validationAction } = change.found;
    // The state is JSON, and another validator may hold a date.
    const validator = BSON.EJSON.serialize(change.found.validator, { relaxed: true });
    return { validator, validationLevel, validationAction } as Partial<CollectionInputs>;
  },
};

/** One index. */
export interface IndexInputs extends ReconcileInputs {
  readonly role: CollectionRole;
  readonly collection: string;
  readonly name: string;
  /** The key as text: `runId:1, sequence:1`. */
  readonly key: string;
  readonly unique: boolean;
  readonly sparse: boolean;
  /** Set by a refresh that finds the index hidden; never wanted. */
  readonly hidden?: boolean;
}

/** The result of an index. */
export interface IndexResults {
  /** The name in MongoDB; empty if duplicates block the index. */
  readonly existsAs: string;
  /** Describes why it does not exist; empty if it does. */
  readonly blockedBy: string;
}

/** Creates an index, changes it in place, replaces or adopts it, as planned. */
export const index: Step<IndexInputs, IndexResults> = {
  ...kind<IndexInputs, IndexResults>("Index", migrationModule, ["existsAs", "blockedBy"]),
  id: ({ name }) => name,
  followsServer: true,
  compares: ["database", "collection", "name", "key", "unique", "sparse", "hidden"],
  job: { coveredBy: { existsAs: "", blockedBy: "" } },
  forward: async (inputs) => {
    const { changes, blockedBy } = await reconcileOne(inputs, indexOnly(inputs));
    const adopted = changes.find((change) => change.kind === "adopt index");
    const name = adopted?.found.name ?? inputs.name;
    return { existsAs: blockedBy === "" ? name : "", blockedBy };
  },
  reads: async (applied) => {
    const wanted = indexOnly(applied);
    const changes = await inspect(applied, applied.collection, (db) => compareSchema(db, wanted));
    const change = changes.find(({ kind }) => kind !== "adopt index");
    switch (change?.kind) {
      case "create index":
        return undefined;
      case "modify index":
        return { unique: change.found.unique, hidden: change.found.hidden };
      case "replace index": {
        const found = change.old ?? change.final;
        if (!found) return undefined;
        return { key: keyToText(found.key), unique: found.unique, sparse: found.sparse };
      }
      default:
        return {};
    }
  },
};

function indexOnly({ role, collection, name, key: text, unique, sparse }: IndexInputs) {
  const fields = text.split(", ").map((member) => {
    const colon = member.lastIndexOf(":");
    return [member.slice(0, colon), Number(member.slice(colon + 1))];
  });
  const key = Object.fromEntries(fields) as IndexKey;
  return { collections: [], indexes: [{ role, collection, name, key, unique, sparse }] };
}

/**
 * A key as text in its order, `runId:1, sequence:1`: the engine sorts the keys of objects, and shows JSON or YAML
 * as an object.
 */
export function keyToText(key: object): string {
  return Object.entries(key)
    .map(([field, direction]) => `${field}:${String(direction)}`)
    .join(", ");
}

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
