import { MongoServerError, ObjectId, type Db, type Document } from "mongodb";
import { warning } from "../../text";
import { withRetries } from "../../mongo";
import { reportLine } from "../../step";
import { isStandalone, isUnauthorized, type CollectionNames } from "./facts";

/**
 * An action and a command that needs it and changes nothing. `connectionStatus` with `showPrivileges` would list all
 * privileges, but the tests' server (SecantusDB 0.7) answers it with an empty list for every user, as without
 * authentication, so no test could cover that command.
 */
type Attempt = readonly [action: string, attempt: () => Promise<unknown>];

/**
 * The migrator's missing privileges, such as `collMod on taskrunner.pack_runs`. A server checks privileges first,
 * so commands on absent collections reveal them. `createCollection`, `createIndex`, `insert` and `update` are
 * not checked, because the schema and the import need them before the drain.
 */
export async function missingMigratorPrivileges(db: Db, names: CollectionNames): Promise<string[]> {
  const ofDatabase: Attempt = ["listCollections", () => db.listCollections().toArray()];
  const missing = await findRefused([ofDatabase], db.databaseName);
  for (const name of Object.values(names)) {
    const collection = db.collection(name);
    const _id = new ObjectId();
    const index = `taskrunner-storage-check-${_id.toHexString()}`;
    const attempts: Attempt[] = [
      ["find", () => collection.findOne({ _id })],
      ["listIndexes", () => collection.listIndexes().toArray()],
      ["collMod", () => db.command({ collMod: name })],
      ["dropIndex", () => db.command({ dropIndexes: name, index })],
    ];
    missing.push(...(await findRefused(attempts, `${db.databaseName}.${name}`)));
  }
  return missing;
}

/**
 * The services' missing privileges on collections. A local standalone server has no transactions, so the
 * insert is not tried there.
 *
 * @param creations commands by which services create their indexes at start; a failing one is a warning
 * @param existing the collections that exist: in others neither insert nor update is tried, so that none is created
 */
export async function missingServicePrivileges(
  db: Db,
  names: readonly string[],
  creations: readonly Document[],
  existing: readonly string[],
): Promise<string[]> {
  const hasTransactions = !(await isStandalone(db));
  const missing: string[] = [];
  for (const name of names) {
    const target = `${db.databaseName}.${name}`;
    const collection = db.collection(name);
    const noDocument = { _id: new ObjectId() };
    const commands = creations.filter(({ createIndexes }) => createIndexes === name);
    const isThere = existing.includes(name);
    const change = { $set: { checked: true } };
    const update: Attempt = ["update", () => collection.updateOne(noDocument, change)];
    const attempts: Attempt[] = [
      ...(hasTransactions && isThere ? [insertAttempt(db, name)] : []),
      ["find", () => collection.findOne(noDocument)],
      ...(isThere ? [update] : []),
      ["remove", () => collection.deleteOne(noDocument)],
      createAttempt(db, commands),
    ];
    const doing = `Checking the services' privileges on ${target}`;
    missing.push(...(await withRetries(doing, () => findRefused(attempts, target))));
  }
  return missing;
}

/** In a transaction that is aborted, so that no service sees the document. */
function insertAttempt({ client, databaseName }: Db, name: string): Attempt {
  const collection = client.db(databaseName).collection(name);
  const insert = () =>
    client.withSession(async (session) => {
      session.startTransaction();
      try {
        await collection.insertOne({ _id: new ObjectId() }, { session });
      } finally {
        await session.abortTransaction();
      }
    });
  return ["insert", insert];
}

/** Codes of an index that exists with other options or another name, and of duplicates. */
const indexConflicts: readonly unknown[] = [85, 86, 11000];

// A server checks the privilege before it checks whether the index exists (CSHARP-1866). It rejects an index that
// exists with other options.
function createAttempt(db: Db, creations: readonly Document[]): Attempt {
  const create = async () => {
    for (const command of creations) {
      await db.command(command).catch((error: unknown) => {
        if (!(error instanceof MongoServerError && indexConflicts.includes(error.code)))
          throw error;
        const text =
          `${db.databaseName} refuses ${JSON.stringify(command)} with code ${String(error.code)}. A service ` +
          "that creates this index at start fails (docs/migration.md).";
        reportLine(warning("index-refused", text));
      });
    }
  };
  return ["createIndex", create];
}

/** Codes that only a permitted attempt gets: no such collection, no such index, an invalid document. */
const permitted: readonly unknown[] = [26, 27, 121];

async function findRefused(attempts: readonly Attempt[], target: string): Promise<string[]> {
  const missing: string[] = [];
  for (const [action, attempt] of attempts) {
    try {
      await attempt();
    } catch (error) {
      if (isUnauthorized(error)) missing.push(`${action} on ${target}`);
      // Any other failure would also hit the services.
      else if (!(error instanceof MongoServerError && permitted.includes(error.code))) throw error;
    }
  }
  return missing;
}
