import { BSON } from "mongodb";
import type { WantedSchema } from "../../contract";
import { withRetries } from "../../mongo";
import { kind, type Step } from "../../step";
import { findBrokenDocuments } from "../issues/broken-documents";
import { describeDataIssue } from "../issues/data-issues";
import { diff } from "../planner/diff";
import type { CollectionInputs } from "./inputs";
import { databaseOf, reconcileOne, refreshObserved } from "./shared";

interface CollectionResults {
  /** Why the validator is not as strict as asked for, in words; empty where it is. */
  readonly heldBack: string;
}

export const Collection = kind<CollectionInputs, CollectionResults>(
  "Collection",
  ["migration", "mongo"],
  ["heldBack"],
);

/** A collection with its validator. */
export const collection: Step<CollectionInputs, CollectionResults> = {
  ...Collection,
  id: ({ name }) => name,
  followsServer: true,
  compares: ["database", "name", "validator", "validationLevel", "validationAction"],
  job: { doneByAnother: { heldBack: "" } },
  forward: async (inputs) => {
    const heldBack = await reasonToHoldBack(inputs);
    const validationLevel = heldBack === "" ? inputs.validationLevel : "moderate";
    await reconcileOne(inputs, schemaOf({ ...inputs, validationLevel }));
    return { heldBack };
  },
  reads: async (applied) => {
    const observed = await refreshObserved(applied, applied.name);
    const [change] = diff(schemaOf(applied), observed);
    if (change?.kind === "create collection") return undefined;
    if (change?.kind !== "modify validator") return {};
    const { validationLevel, validationAction } = change.found;
    // The engine's state holds JSON; somebody's validator may hold a date.
    const validator = BSON.EJSON.serialize(change.found.validator, { relaxed: true });
    return { validator, validationLevel, validationAction } as Partial<CollectionInputs>;
  },
};

/** A strict validator refuses every update of a document that breaks it already. */
async function reasonToHoldBack(inputs: CollectionInputs): Promise<string> {
  if (inputs.onDataIssue === "fail" || inputs.validationLevel !== "strict") return "";
  const db = await databaseOf(inputs);
  const doing = `Looking for documents that break the validator of ${inputs.name}`;
  const broken = await withRetries(doing, () =>
    findBrokenDocuments(db, inputs.role, inputs.name, {}),
  );
  return broken ? describeDataIssue(broken) : "";
}

const schemaOf = (inputs: CollectionInputs): WantedSchema => ({
  collections: [inputs],
  indexes: [],
});
