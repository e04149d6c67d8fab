import { MongoClient, type Db } from "mongodb";
import { afterAll, beforeAll, beforeEach } from "vitest";
import { buildSchema, collectionRoles } from "../../components/contract";
import { claim } from "../../components/migration/ledger";
import { documentOptions } from "../contract/options";
import { type BorrowedDatabases, borrowDatabases, type DatabasesOptions } from "../pool";
import { approval, artifact, lines, logLine, run } from "./state";

/** A server for a file's tests, and a new database for each of them. */
export interface TestDatabase {
  readonly database: Db;
  readonly server: BorrowedDatabases;
}

/**
 * Borrows a server before a file's tests and gives it back after them. Each test gets a database
 * with the contract's validators and unique indexes, as the migration leaves it.
 */
export function databasePerTest(options: DatabasesOptions = {}): TestDatabase {
  const current = {} as { database: Db; server: BorrowedDatabases };
  let client: MongoClient;
  let databases = 0;
  beforeAll(async () => {
    current.server = await borrowDatabases(options);
    // The embedded server does not tell its clients of a step-down: they have to ask for themselves.
    const monitoring = { serverMonitoringMode: "poll", heartbeatFrequencyMS: 500 } as const;
    client = await new MongoClient(current.server.uri, monitoring).connect();
  });
  afterAll(async () => {
    await client.close();
    await current.server.release();
  });
  beforeEach(async () => {
    current.database = client.db(`backfill_${++databases}`);
    await migrate(current.database);
  });
  return current;
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
    const wantedIndex = { key: Object.fromEntries(key), name, unique };
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

/** Expected counts: what is not named is 0. */
export function importCounts(read: number, outcomes: object) {
  const none = {
    inserted: 0,
    updated: 0,
    unchanged: 0,
    normalized: 0,
    removed: 0,
    quarantined: 0,
  };
  return { read, ...none, ...outcomes };
}

/** A state with every kind of file. */
export const twoRuns = {
  "state/runs/r-1.json": JSON.stringify(run("r-1", { tenantId: "t", extra: { kept: [1, null] } })),
  "state/runs/r-2.json": `\ufeff${JSON.stringify(run("r-2", { tenantId: null }), null, 2)}`,
  "state/approvals/r-1.json": JSON.stringify([approval("gate"), approval("two", { status: 1 })]),
  "logs/runs/r-1.ndjson": lines(
    ...Array.from({ length: 2_500 }, (_, at) => logLine(at + 1, { metadata: { at: String(at) } })),
  ),
  "logs/runs/r-2.ndjson": lines(logLine(1, { level: "WARN" }), logLine(2, { metadata: { n: 1 } })),
  "artifacts/r-1/artifact-manifest.json": JSON.stringify({
    outputs: [artifact("a"), artifact("b")],
  }),
};
