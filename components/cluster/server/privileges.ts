import { MongoServerError, ObjectId, type Db, type Document } from "mongodb";
import { warning } from "../../contract/finding";
import { withRetries } from "../../mongo";
import { tell } from "../../step";
import { isStandalone, isUnauthorized, type CollectionNames } from "./facts";

/** An action, as privileges name it, and a command that needs it and changes nothing. */
type Attempt = readonly [action: string, attempt: () => Promise<unknown>];

/**
 * What the migrator may not do, as `collMod on taskrunner.pack_runs`. It is tried before anything exists:
 * a server looks at privileges first, and the rest of its answer does not count. What makes something
 * (`createCollection`, `createIndex`, `insert`, `update`) the schema and the import try, before the worker is
 * drained.
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
 * What the services' user may not do in collections that exist. A standalone server, which only a machine's
 * own may be, has no transactions: there the insert is not tried.
 *
 * @param creations commands by which services may create their indexes at start; a warning names one that fails
 */
export async function missingServicePrivileges(
  db: Db,
  names: Partial<CollectionNames>,
  creations: readonly Document[],
): Promise<string[]> {
  const hasTransactions = !(await isStandalone(db));
  const missing: string[] = [];
  for (const name of Object.values(names)) {
    const place = `${db.databaseName}.${name}`;
    const collection = db.collection(name);
    const nothing = { _id: new ObjectId() };
    const commands = creations.filter(({ createIndexes }) => createIndexes === name);
    const attempts: Attempt[] = [
      ...(hasTransactions ? [insertAttempt(db, name)] : []),
      ["find", () => collection.findOne(nothing)],
      ["update", () => collection.updateOne(nothing, { $set: { checked: true } })],
      ["remove", () => collection.deleteOne(nothing)],
      createAttempt(db, commands),
    ];
    const doing = `Trying in ${place} what the services do`;
    missing.push(...(await withRetries(doing, () => findRefused(attempts, place))));
  }
  return missing;
}

/** A document, in a transaction that is aborted: nothing stays, and no service sees it. */
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

/** Server codes of an index that exists with other options or another name, and of one that documents block. */
const indexConflicts: readonly unknown[] = [85, 86, 11000];

// Services create their indexes at start. A server looks at the privilege before it looks whether they exist
// (CSHARP-1866), and refuses one that exists with other options.
function createAttempt(db: Db, creations: readonly Document[]): Attempt {
  const create = async () => {
    for (const command of creations) {
      await db.command(command).catch((error: unknown) => {
        if (!(error instanceof MongoServerError && indexConflicts.includes(error.code)))
          throw error;
        const text =
          `${db.databaseName} refuses ${JSON.stringify(command)} with code ${String(error.code)}. A service ` +
          "that creates this index at start fails (docs/migration.md).";
        tell(warning("index-refused", text));
      });
    }
  };
  return ["createIndex", create];
}

/** Server codes of who may do what was tried: no such collection, no such index, not a valid document. */
const allowed: readonly unknown[] = [26, 27, 121];

async function findRefused(attempts: readonly Attempt[], place: string): Promise<string[]> {
  const missing: string[] = [];
  for (const [action, attempt] of attempts) {
    try {
      await attempt();
    } catch (error) {
      if (isUnauthorized(error)) missing.push(`${action} on ${place}`);
      // What fails for another reason is an error: a service would meet it too.
      else if (!(error instanceof MongoServerError && allowed.includes(error.code))) throw error;
    }
  }
  return missing;
}
