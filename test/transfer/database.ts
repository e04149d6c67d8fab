import type { Db, Document } from "mongodb";
import { beforeEach } from "vitest";
import { buildSchema, collectionRoles, defaultFolders } from "../../components/contract";
import { claim } from "../../components/migration/record";
import type { BothSides } from "../../components/transfer";
import { documentOptions } from "../contract/options";
import { emptyDatabasePerTest, type ServerOptions, type TestDatabase } from "../server";

/**
 * A server for a file's tests, and for each of them a database with the contract's validators and unique
 * indexes, as the migration leaves it.
 */
export function databasePerTest(options: ServerOptions = {}) {
  // The embedded server does not tell its clients of a step-down: they have to ask for themselves, soon.
  const monitoring = { heartbeatFrequencyMS: 500, minHeartbeatFrequencyMS: 50 };
  const client = { serverMonitoringMode: "poll", ...monitoring } as const;
  const current = emptyDatabasePerTest({ client, ...options });
  beforeEach(() => migrate(current.db));
  return current;
}

/** A state directory on one side and a database on the other, as the default settings have them. */
export function defaultSides(database: Db, root: string): BothSides {
  const { collections } = documentOptions;
  return { database, collections, root, folders: defaultFolders };
}

/** The sides of a state directory and a test's database, and two collections of that. */
export function sidesOf(current: TestDatabase) {
  return {
    sides: (root: string) => defaultSides(current.db, root),
    runs: () => current.db.collection<Document & { _id: string }>("pack_runs"),
    logs: () => current.db.collection("pack_run_logs"),
  };
}

/** The collection of the migration's record. */
export const ledgerCollection = "schema_migrations";

/** Claims the migration, as its first step does. */
export async function claimMigration(database: Db): Promise<void> {
  const asked = { checksum: "c", stack: "storage/test", adopt: false };
  await claim(database, ledgerCollection, asked);
}

/** Makes the contract's collections and unique indexes, and the migration's record. */
export async function migrate(database: Db): Promise<void> {
  await claimMigration(database);
  const { collections, indexes } = buildSchema(documentOptions);
  for (const { name, validator } of collections) {
    await database.createCollection(name, { validator });
  }
  for (const { collection, name, key, unique } of indexes.filter((index) => index.unique)) {
    const wantedIndex = { key, name, unique };
    await database.command({ createIndexes: collection, indexes: [wantedIndex] });
  }
}

/** The documents of the four collections. */
export async function readEverything(database: Db): Promise<unknown[]> {
  const names = Object.values(documentOptions.collections);
  const all = names.map((name) => database.collection(name).find().sort({ _id: 1 }).toArray());
  return (await Promise.all(all)).flat();
}

/**
 * The documents, and what was agreed and reached of each file, without the moments at which files
 * were seen: what two imports of the same files must leave alike.
 */
export async function endState(
  database: Db,
  ignored = ["seen", "inode", "changed"],
): Promise<unknown> {
  const moments = collectionRoles.flatMap((role) =>
    ignored.map((field) => [`${role}.${field}`, 0] as const),
  );
  const own = database.collection("pack_run_backfill").find().project(Object.fromEntries(moments));
  return [await readEverything(database), await own.sort({ _id: 1 }).toArray()];
}
