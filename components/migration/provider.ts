import type { Db } from "mongodb";
import { databaseAt } from "../connection";
import type { WantedSchema } from "../contract";
import { mongoSide, type MongoSideInputs } from "../dynamic";
import { sameValue } from "./canonical";
import type { Change } from "./change";
import { diff } from "./diff";
import { reconcile } from "./execute";
import {
  keyToText,
  wantedIndexOf,
  type ClaimInputs,
  type CollectionInputs,
  type CompletionInputs,
  type IndexInputs,
  type MigrationInputs,
} from "./inputs";
import { claim, complete, recordCommand } from "./ledger";
import { observe } from "./observe";

const ledgerClaim = mongoSide<ClaimInputs, object>({
  results: [],
  id: ({ ledger }) => `${ledger}-claim`,
  differs: differsIn("database", "ledger", "checksum", "stack"),
  apply: async (inputs) => {
    await claim(await databaseOf(inputs), inputs.ledger, inputs);
    return {};
  },
});

const ledgerCompletion = mongoSide<CompletionInputs, { appliedAt: string }>({
  results: ["appliedAt"],
  id: ({ ledger }) => ledger,
  differs: differsIn("database", "ledger", "checksum"),
  apply: async (inputs) => {
    const finished = await complete(await databaseOf(inputs), inputs.ledger, inputs.checksum);
    return { appliedAt: finished.toISOString() };
  },
});

const collection = mongoSide<CollectionInputs, object>({
  results: [],
  id: ({ name }) => name,
  differs: differsIn("database", "name", "validator", "validationLevel", "validationAction"),
  apply: async (inputs) => {
    await reconcileOne(inputs, schemaOfCollection(inputs));
    return {};
  },
  read: async (applied) => {
    const observed = await observe(await databaseOf(applied), [applied.name]);
    const [change] = diff(schemaOfCollection(applied), observed);
    if (change?.kind === "create collection") return undefined;
    if (change?.kind !== "modify validator") return {};
    const { validator, validationLevel, validationAction } = change.found;
    return { validator, validationLevel, validationAction } as Partial<CollectionInputs>;
  },
});

const index = mongoSide<IndexInputs, { existsAs: string }>({
  results: ["existsAs"],
  id: ({ name }) => name,
  differs: differsIn("database", "collection", "name", "key", "unique", "sparse", "hidden"),
  apply: async (inputs) => {
    const changes = await reconcileOne(inputs, schemaOfIndex(inputs));
    const adopted = changes.find((change) => change.kind === "adopt index");
    return { existsAs: adopted?.found.name ?? inputs.name };
  },
  read: async (applied) => {
    const observed = await observe(await databaseOf(applied), [applied.collection]);
    const changes = diff(schemaOfIndex(applied), observed);
    return driftOfIndex(changes.find((change) => change.kind !== "adopt index"));
  },
});

function driftOfIndex(change: Change | undefined): Partial<IndexInputs> | undefined {
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
}

const schemaOfIndex = (inputs: IndexInputs): WantedSchema => ({
  collections: [],
  indexes: [wantedIndexOf(inputs)],
});

const schemaOfCollection = (inputs: CollectionInputs): WantedSchema => ({
  collections: [inputs],
  indexes: [],
});

async function reconcileOne(inputs: MigrationInputs, wanted: WantedSchema): Promise<Change[]> {
  const db = await databaseOf(inputs);
  return reconcile(db, wanted, (executed) => recordCommand(db, inputs.ledger, executed));
}

const databaseOf = ({ uri = "", database = "" }: MongoSideInputs): Promise<Db> =>
  databaseAt({ uri, database });

/** Whether the wanted inputs differ from the applied ones in any of these. */
function differsIn<Inputs extends object>(...keys: (keyof Inputs)[]) {
  return (applied: Inputs, wanted: Inputs) =>
    keys.some((key) => !sameValue(applied[key], wanted[key]));
}

/** The dynamic providers of the migration, by the kind that the shim names. */
export const providers = {
  LedgerClaim: ledgerClaim,
  LedgerCompletion: ledgerCompletion,
  Collection: collection,
  Index: index,
};
