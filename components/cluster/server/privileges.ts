import { Long, MongoServerError, ObjectId, type ClientSession, type Db } from "mongodb";
import { collectionRoles, collections, type CollectionRole, type FieldType } from "../../contract";
import { withRetries } from "../../mongo";
import { isStandalone, isUnauthorized, type CollectionNames } from "./facts";

/** An action, as privileges name it, and a command that needs it and changes nothing. */
type Attempt = readonly [action: string, attempt: () => Promise<unknown>];

/**
 * What the migrator may not do, as `collMod on taskrunner.pack_runs`. It is tried before anything exists:
 * a server looks at privileges first, and the rest of its answer does not count. What makes something
 * (`createCollection`, `createIndex`, `insert`, `update`) the schema and the import try, before the worker is
 * drained.
 */
export async function missingToMigrator(db: Db, names: CollectionNames): Promise<string[]> {
  const ofDatabase: Attempt = ["listCollections", () => db.listCollections().toArray()];
  const missing = await findRefused([ofDatabase], db.databaseName);
  for (const name of Object.values(names)) {
    missing.push(...(await findRefused(migratorAttempts(db, name), `${db.databaseName}.${name}`)));
  }
  return missing;
}

function migratorAttempts(db: Db, name: string): Attempt[] {
  const collection = db.collection(name);
  const nothing = { _id: new ObjectId() };
  return [
    ["find", () => collection.findOne(nothing)],
    ["listIndexes", () => collection.listIndexes().toArray()],
    ["collMod", () => db.command({ collMod: name })],
    ["dropIndex", () => db.command({ dropIndexes: name, index: checkName() })],
  ];
}

async function findRefused(attempts: readonly Attempt[], place: string): Promise<string[]> {
  const missing: string[] = [];
  for (const [action, attempt] of attempts) {
    if (!(await isAllowed(attempt))) missing.push(`${action} on ${place}`);
  }
  return missing;
}

async function isAllowed(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (!(error instanceof MongoServerError)) throw error;
    return !isUnauthorized(error);
  }
}

/**
 * What the services' user may not do in collections that exist. Documents are written in a transaction
 * that is aborted: nothing stays, and no service sees it. `createIndexes` names the index that every
 * collection has: services create their indexes at start, and a server looks at the privilege before it
 * looks whether they exist (CSHARP-1866). A standalone server, which only a machine's own may be, has no
 * transactions: there only the index is tried.
 */
export async function missingToApplication(
  db: Db,
  names: Partial<CollectionNames>,
): Promise<string[]> {
  const hasTransactions = !(await isStandalone(db));
  const missing: string[] = [];
  for (const role of collectionRoles) {
    const name = names[role];
    if (name === undefined) continue;
    const place = `${db.databaseName}.${name}`;
    const doing = `Trying in ${place} what the services do`;
    const written = hasTransactions
      ? await withRetries(doing, () => findRefusedInTransaction(db, role, name))
      : [];
    const indexes = [{ key: { _id: 1 }, name: "_id_" }];
    const createIndex = () => db.command({ createIndexes: name, indexes });
    const built = await findRefused([["createIndex", createIndex]], place);
    missing.push(...written.map((action) => `${action} on ${place}`), ...built);
  }
  return missing;
}

/** The first action that is refused, or none: a transaction ends with what it is refused. */
async function findRefusedInTransaction(
  db: Db,
  role: CollectionRole,
  name: string,
): Promise<string[]> {
  return db.client.withSession(async (session) => {
    session.startTransaction();
    try {
      for (const [action, attempt] of applicationAttempts(db, role, name, session)) {
        if (!(await isPermitted(attempt))) return [action];
      }
      return [];
    } finally {
      await session.abortTransaction();
    }
  });
}

/** As `isAllowed`, but what fails for another reason is an error: a service would meet it too. */
async function isPermitted(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (isUnauthorized(error)) return false;
    throw error;
  }
}

function applicationAttempts(
  db: Db,
  role: CollectionRole,
  name: string,
  session: ClientSession,
): Attempt[] {
  const collection = db.collection<{ _id: ObjectId }>(name);
  const document = validDocument(role);
  const own = { _id: document._id };
  const changed = { $set: { [collections[role].moment]: new Date() } };
  return [
    ["insert", () => collection.insertOne(document, { session })],
    ["find", () => collection.findOne(own, { session })],
    ["update", () => collection.updateOne(own, changed, { session })],
    ["remove", () => collection.deleteOne(own, { session })],
  ];
}

/** A name that nothing else has. */
const checkName = () => `taskrunner-storage-check-${new ObjectId().toHexString()}`;

/** A document that the validator accepts and no unique index refuses. */
function validDocument(role: CollectionRole): { readonly _id: ObjectId } {
  const { fields } = collections[role];
  const id = checkName();
  const required = Object.entries(fields).filter(([, { optional }]) => !optional);
  const values = required.map(([name, { type, names }]) => [name, names?.[0] ?? sample(type, id)]);
  // The runs' own id is a text.
  return { _id: new ObjectId(), ...(Object.fromEntries(values) as object) };
}

function sample(type: FieldType, id: string): unknown {
  switch (type) {
    case "string":
      return id;
    case "long":
      return Long.ZERO;
    case "date":
      return new Date();
    case "objectId":
      return new ObjectId();
    case "object[]":
    case "string[]":
      return [];
    case "object":
    case "strings":
      return {};
  }
}
