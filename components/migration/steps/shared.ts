import type { Db } from "mongodb";
import { addressIn, databaseAt, withRetries } from "../../mongo";
import type { WantedSchema } from "../../contract";
import type { MongoInputs } from "../../step";
import { reconcile } from "../execute";
import { recordCommand } from "../ledger";
import type { Change } from "../planner/change";
import { observe, type Observed } from "../planner/observe";
import type { MigrationInputs } from "./inputs";

/** The database that a step's inputs name; its URI is secret. */
export const databaseOf = (inputs: MongoInputs): Promise<Db> => databaseAt(addressIn(inputs));

/** Makes one wanted thing so, and notes every command in the ledger's record. */
export async function reconcileOne(
  inputs: MigrationInputs,
  wanted: WantedSchema,
): Promise<Change[]> {
  const db = await databaseOf(inputs);
  return reconcile(db, wanted, (executed) => recordCommand(db, inputs.ledger, executed));
}

/** What a refresh finds of a collection, also if an election comes between. */
export async function refreshObserved(inputs: MongoInputs, collection: string): Promise<Observed> {
  const db = await databaseOf(inputs);
  const doing = `Looking at ${db.databaseName}.${collection}`;
  return withRetries(doing, () => observe(db, [collection]));
}
