import type { Db } from "mongodb";
import { addressIn, databaseAt, withRetries } from "../mongo";
import type { MongoInputs } from "../step";

/** The module whose provider has these steps, and which their resource types name. */
export const migrationModule = ["migration", "mongo"] as const;

/** Inputs of every migration step; `uri` is secret. */
export interface MigrationInputs extends MongoInputs {
  /** The ledger's collection. */
  readonly ledger: string;
}

/** A step's database. @throws ConnectionError if no server answers or the log-in fails */
export const openDatabase = (inputs: MongoInputs): Promise<Db> => databaseAt(addressIn(inputs));

/** Reads a collection of a step's database. @throws ServerTroubleError if the trouble lasts a minute or two */
export async function inspect<Found>(
  inputs: MongoInputs,
  collection: string,
  find: (db: Db) => Promise<Found>,
): Promise<Found> {
  const db = await openDatabase(inputs);
  return withRetries(`Looking at ${db.databaseName}.${collection}`, () => find(db));
}
