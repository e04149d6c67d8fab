import { BSON, type Document } from "mongodb";
import { requireApplication } from "../cluster/server";
import type { CollectionRole, WantedCollection, WantedIndex, WantedSchema } from "../contract";
import { addressIn } from "../mongo";
import { kind, type MongoInputs, type OncePerCutover, type Step } from "../step";
import { reconcile } from "./execute";
import { describeDataIssue, withholdChanges, type OnDataIssue } from "./issues/data-issues";
import { recordCommand } from "./ledger";
import { openDatabase, inspect, room, type MigrationInputs } from "./ledger-steps";
import { compare, searchData } from "./plan";
import { day, expiryIndex } from "./planner/diff";
import { indexSpec, sameSpec } from "./planner/index-spec";

interface ReconcileInputs extends MigrationInputs {
  readonly onDataIssue: OnDataIssue;
}

// If blocking documents are only to be reported, what they block is left out; else the claim has searched for them.
async function reconcileOne(inputs: ReconcileInputs, wanted: WantedSchema) {
  const db = await openDatabase(inputs);
  const { issues } =
    inputs.onDataIssue === "report" ? await searchData(db, wanted) : { issues: [] };
  const changes = await reconcile(db, withholdChanges(wanted, issues), (executed) =>
    recordCommand(db, inputs.ledger, executed),
  );
  return { changes, heldBack: issues.map(describeDataIssue).join("\n") };
}

type CollectionInputs = ReconcileInputs & WantedCollection;

interface CollectionResults {
  /** Why the validator is not as strict as asked for, in words; empty where it is. */
  readonly heldBack: string;
}

/** A collection with its validator. */
export const collection: Step<CollectionInputs, CollectionResults> = {
  ...kind<CollectionInputs, CollectionResults>("Collection", room, ["heldBack"]),
  id: ({ name }) => name,
  followsServer: true,
  compares: ["database", "name", "validator", "validationLevel", "validationAction"],
  job: { coveredBy: { heldBack: "" } },
  forward: async (inputs) => {
    const { heldBack } = await reconcileOne(inputs, { collections: [inputs], indexes: [] });
    return { heldBack };
  },
  reads: async (applied) => {
    const wanted = { collections: [applied], indexes: [] };
    const [change] = await inspect(applied, applied.name, (db) => compare(db, wanted));
    if (change?.kind === "create collection") return undefined;
    if (change?.kind !== "modify validator") return {};
    const { validationLevel, validationAction } = change.found;
    // The engine's state holds JSON; somebody's validator may hold a date.
    const validator = BSON.EJSON.serialize(change.found.validator, { relaxed: true });
    return { validator, validationLevel, validationAction } as Partial<CollectionInputs>;
  },
};

/** One index. */
export interface IndexInputs extends ReconcileInputs {
  readonly role: CollectionRole;
  readonly collection: string;
  readonly name: string;
  /** The key as one text, `runId:1, sequence:1`. */
  readonly key: string;
  readonly unique: boolean;
  readonly sparse: boolean;
  /** Set by a refresh that finds the index hidden by hand; never asked for. */
  readonly hidden?: boolean;
}

/** What became of it. */
export interface IndexResults {
  /** The name in MongoDB, empty where duplicates hold the index back. */
  readonly existsAs: string;
  /** Why it does not exist, in words; empty where it does. */
  readonly heldBack: string;
}

/** One index: created, changed in place, replaced or adopted as the planner says. */
export const index: Step<IndexInputs, IndexResults> = {
  ...kind<IndexInputs, IndexResults>("Index", room, ["existsAs", "heldBack"]),
  id: ({ name }) => name,
  followsServer: true,
  compares: ["database", "collection", "name", "key", "unique", "sparse", "hidden"],
  job: { coveredBy: { existsAs: "", heldBack: "" } },
  forward: async (inputs) => {
    const { changes, heldBack } = await reconcileOne(inputs, indexOnly(inputs));
    const adopted = changes.find((change) => change.kind === "adopt index");
    const name = adopted?.found.name ?? inputs.name;
    return { existsAs: heldBack === "" ? name : "", heldBack };
  },
  reads: async (applied) => {
    const wanted = indexOnly(applied);
    const changes = await inspect(applied, applied.collection, (db) => compare(db, wanted));
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
  const key: WantedIndex["key"] = text.split(", ").map((member) => {
    const colon = member.lastIndexOf(":");
    return [member.slice(0, colon), Number(member.slice(colon + 1)) as 1 | -1];
  });
  return { collections: [], indexes: [{ role, collection, name, key, unique, sparse }] };
}

/**
 * A key as one text in its order, `runId:1, sequence:1`: the engine sorts the keys of objects, and
 * shows a text that is JSON or YAML as an object.
 */
export function keyToText(key: readonly (readonly [field: string, direction: unknown])[]): string {
  return key.map(([field, direction]) => `${field}:${String(direction)}`).join(", ");
}

interface ApplicationInputs extends MongoInputs, OncePerCutover {
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
