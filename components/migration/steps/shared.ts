import type { Db } from "mongodb";
import type { WantedSchema } from "../../contract";
import { addressIn, databaseAt, withRetries } from "../../mongo";
import type { MongoInputs } from "../../step";
import { reconcile } from "../execute";
import { describeDataIssue, withholdChanges, type OnDataIssue } from "../issues/data-issues";
import { recordCommand } from "../ledger";
import { searchData } from "../plan";
import type { Change } from "../planner/change";

/** Whose provider has the steps, and the module of their resources' types. */
export const room = ["migration", "mongo"] as const;

/** Inputs that every step of the migration has; `uri` is secret. */
export interface MigrationInputs extends MongoInputs {
  /** The ledger's collection. */
  readonly ledger: string;
}

/** Inputs of a step that makes one wanted thing. */
export interface ReconcileInputs extends MigrationInputs {
  readonly onDataIssue: OnDataIssue;
}

/** The database that a step's inputs name; its URI is secret. */
export const databaseOf = (inputs: MongoInputs): Promise<Db> => databaseAt(addressIn(inputs));

/**
 * Makes one wanted thing so, and notes every command in the ledger's record. If blocking documents are
 * only to be reported, what they block is left out; else the claim has searched for them.
 *
 * @returns the changes, and what the data kept from being done, in words
 */
export async function reconcileOne(
  inputs: ReconcileInputs,
  wanted: WantedSchema,
): Promise<{ readonly changes: readonly Change[]; readonly heldBack: string }> {
  const db = await databaseOf(inputs);
  const { issues } =
    inputs.onDataIssue === "report" ? await searchData(db, wanted) : { issues: [] };
  const changes = await reconcile(db, withholdChanges(wanted, issues), (executed) =>
    recordCommand(db, inputs.ledger, executed),
  );
  return { changes, heldBack: issues.map(describeDataIssue).join("\n") };
}

/** What a refresh finds of a collection, also if an election comes between. */
export async function look<Found>(
  inputs: MongoInputs,
  collection: string,
  find: (db: Db) => Promise<Found>,
): Promise<Found> {
  const db = await databaseOf(inputs);
  return withRetries(`Looking at ${db.databaseName}.${collection}`, () => find(db));
}
