import { MongoServerError, type Db, type Document } from "mongodb";
import type { WantedSchema } from "../../contract";
import { withRetries } from "../../mongo";
import { kind, type Step } from "../../step";
import type { Change } from "../planner/change";
import { describeDataIssue, limitIn } from "../issues/data-issues";
import { diff } from "../planner/diff";
import { duplicateKeys, duplicatesOfKey, type DuplicateKeys } from "../issues/duplicate-keys";
import { DataIssues, MigrationError } from "../errors";
import { keyToText, toWantedIndex, type IndexInputs } from "./inputs";
import { databaseOf, reconcileOne, refreshObserved } from "./shared";

interface IndexResults {
  /** The name in MongoDB, empty where duplicates hold the index back. */
  readonly existsAs: string;
  /** Why it does not exist, in words; empty where it does. */
  readonly heldBack: string;
}

export const Index = kind<IndexInputs, IndexResults>(
  "Index",
  ["migration", "mongo"],
  ["existsAs", "heldBack"],
);

/**
 * One index: created, changed in place, replaced or adopted as the planner says. It throws DataIssues
 * where documents stand in its way and they are not only to be reported.
 */
export const index: Step<IndexInputs, IndexResults> = {
  ...Index,
  id: ({ name }) => name,
  followsServer: true,
  compares: ["database", "collection", "name", "key", "unique", "sparse", "hidden"],
  job: { doneByAnother: { existsAs: "", heldBack: "" } },
  forward: async (inputs) => {
    try {
      const changes = await reconcileOne(inputs, schemaOf(inputs));
      const adopted = changes.find((change) => change.kind === "adopt index");
      return { existsAs: adopted?.found.name ?? inputs.name, heldBack: "" };
    } catch (error) {
      return { existsAs: "", heldBack: await duplicatesOrThrow(inputs, error) };
    }
  },
  reads: async (applied) => {
    const observed = await refreshObserved(applied, applied.collection);
    const changes = diff(schemaOf(applied), observed);
    return driftOf(changes.find((change) => change.kind !== "adopt index"));
  },
};

/** Server codes by which a unique index is refused for its data. */
const duplicateCodes = [11000, 359];

/** Duplicates may have come since the claim looked for them: they are named here too. */
async function duplicatesOrThrow(inputs: IndexInputs, error: unknown): Promise<string> {
  const isOurs = error instanceof MigrationError && duplicateCodes.includes(error.code ?? 0);
  if (!isOurs) throw error;
  const db = await databaseOf(inputs);
  const issue = await withRetries(`Looking for duplicates of index ${inputs.name}`, () =>
    duplicatesBehind(db, inputs, error),
  );
  if (!issue) throw error;
  if (inputs.onDataIssue === "fail") throw new DataIssues(db.databaseName, [issue]);
  return describeDataIssue(issue);
}

/** All duplicates; those of the key that the server named, if its limits stop the search for all. */
async function duplicatesBehind(
  db: Db,
  inputs: IndexInputs,
  { cause }: MigrationError,
): Promise<DuplicateKeys | undefined> {
  const wanted = toWantedIndex(inputs);
  try {
    return await duplicateKeys(db, inputs.role, wanted, {});
  } catch (error) {
    const named = cause instanceof MongoServerError ? (cause.keyValue as Document) : undefined;
    if (limitIn(error) === undefined || named === undefined) throw error;
    return duplicatesOfKey(db, inputs.role, wanted, named, {});
  }
}

function driftOf(change: Change | undefined): Partial<IndexInputs> | undefined {
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

const schemaOf = (inputs: IndexInputs): WantedSchema => ({
  collections: [],
  indexes: [toWantedIndex(inputs)],
});
