import { BSON } from "mongodb";
import type { CollectionRole, IndexKey, WantedCollection, WantedSchema } from "../contract";
import { kind, type Step } from "../step";
import { reconcile } from "./execute";
import { describeDataIssue, withholdChanges, type OnDataIssue } from "./issues/data-issues";
import { recordCommand } from "./record";
import { openDatabase, inspect, migrationModule, type MigrationInputs } from "./step-inputs";
import { compareSchema, searchData } from "./plan";

export interface ReconcileInputs extends MigrationInputs {
  readonly onDataIssue: OnDataIssue;
}

// With `onDataIssue: report`, blocked changes are left out. With `fail`, the claim has found no issues.
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
