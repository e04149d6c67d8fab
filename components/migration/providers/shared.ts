import type { Db } from "mongodb";
import { databaseAt } from "../../connection";
import type { WantedSchema } from "../../contract";
import type { MongoSideInputs } from "../../dynamic";
import { sameValue } from "../planner/canonical";
import type { Change } from "../planner/change";
import { reconcile } from "../execute";
import type { MigrationInputs } from "./inputs";
import { recordCommand } from "../ledger";

/** The database that a resource's inputs name; its URI is secret. */
export const databaseOf = ({ uri = "", database = "" }: MongoSideInputs): Promise<Db> =>
  databaseAt({ uri, database });

/** Makes one wanted thing so, and notes every command in the ledger's record. */
export async function reconcileOne(
  inputs: MigrationInputs,
  wanted: WantedSchema,
): Promise<Change[]> {
  const db = await databaseOf(inputs);
  return reconcile(db, wanted, (executed) => recordCommand(db, inputs.ledger, executed));
}

/** Whether the wanted inputs differ from the applied ones in any of these. */
export function differsIn<Inputs extends object>(...keys: (keyof Inputs)[]) {
  return (applied: Inputs, wanted: Inputs) =>
    keys.some((key) => !sameValue(applied[key], wanted[key]));
}
