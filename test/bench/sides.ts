import type { Db } from "mongodb";
import { collections, buildSchema, defaultFolders } from "../../components/contract";
import { migrationId } from "../../components/ledger";
import { settingsSchema } from "../../components/settings";

const { mongo, validation, tenancy, advanced } = settingsSchema
  .pick({ mongo: true, validation: true, tenancy: true, advanced: true })
  .parse({});

/** The specification's names in the database. */
export const defaultNames = { collections: mongo.collections };

/** A state directory. */
export function source(root: string) {
  const { runs, logs, artifacts } = defaultFolders;
  return { root, folders: { runs, logs, artifacts } };
}

/** The collection of the migration's record. */
export const ledgerName = advanced.ledger;

/**
 * Creates the log's collection with its indexes, but without a validator: mongoimport inserts dates as texts, which
 * it would refuse.
 */
export async function logsWithIndexes(db: Db): Promise<void> {
  await db.createCollection(collections.logs.name);
  await createIndexes(db, [mongo.collections.logs]);
}

/** Creates what a migration creates, without validators: all indexes, and the record in the ledger. */
export async function createSchema(db: Db): Promise<void> {
  await createIndexes(db, Object.values(mongo.collections));
  await db.collection(ledgerName).insertOne({ _id: migrationId as never });
}

/** Asks once by each index: the sink builds one when a query needs it, and MongoDB with each write. */
export async function useIndexes(db: Db): Promise<void> {
  for (const { collection, key } of indexesOf(Object.values(mongo.collections))) {
    await db.collection(collection).find().sort(key).limit(1).toArray();
  }
}

async function createIndexes(db: Db, of: readonly string[]): Promise<void> {
  for (const { collection, key, name, unique } of indexesOf(of)) {
    const index = { key, name, unique };
    await db.command({ createIndexes: collection, indexes: [index] });
  }
}

function indexesOf(names: readonly string[]) {
  const { indexes } = buildSchema({
    collections: mongo.collections,
    validation,
    approvals: true,
    tenancy,
  });
  return indexes.filter(({ collection }) => names.includes(collection));
}
