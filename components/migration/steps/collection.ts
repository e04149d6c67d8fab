import { BSON } from "mongodb";
import type { WantedCollection } from "../../contract";
import { kind, type Step } from "../../step";
import { compare } from "../plan";
import { look, reconcileOne, room, type ReconcileInputs } from "./shared";

/** One collection with its validator. */
export type CollectionInputs = ReconcileInputs & WantedCollection;

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
  job: { doneByAnother: { heldBack: "" } },
  forward: async (inputs) => {
    const { heldBack } = await reconcileOne(inputs, schemaOf(inputs));
    return { heldBack };
  },
  reads: async (applied) => {
    const [change] = await look(applied, applied.name, (db) => compare(db, schemaOf(applied)));
    if (change?.kind === "create collection") return undefined;
    if (change?.kind !== "modify validator") return {};
    const { validationLevel, validationAction } = change.found;
    // The engine's state holds JSON; somebody's validator may hold a date.
    const validator = BSON.EJSON.serialize(change.found.validator, { relaxed: true });
    return { validator, validationLevel, validationAction } as Partial<CollectionInputs>;
  },
};

const schemaOf = (inputs: CollectionInputs) => ({ collections: [inputs], indexes: [] });
