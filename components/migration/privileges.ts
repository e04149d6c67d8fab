import type { Document } from "mongodb";
import type { SchemaOptions } from "../contract";

/**
 * The least that the migrator's user needs, as `createRole` takes it: the schema of one database,
 * the ledger, and the documents that it imports and looks through for data issues.
 *
 * @see https://www.mongodb.com/docs/manual/reference/privilege-actions/
 */
export function migratorRole(database: string): Document {
  const schema = ["createCollection", "collMod", "createIndex", "dropIndex"];
  const reading = ["listCollections", "listIndexes", "find"];
  const writing = ["insert", "update"];
  return {
    createRole: "taskrunnerMigrator",
    privileges: [
      {
        resource: { db: database, collection: "" },
        actions: [...schema, ...reading, ...writing],
      },
    ],
    roles: [],
  };
}

/** The least that the services' user needs: the documents of the four collections, no schema. */
export function applicationRole(database: string, { collections }: SchemaOptions): Document {
  const actions = ["find", "insert", "update", "remove"];
  return {
    createRole: "taskrunnerApplication",
    privileges: Object.values(collections).map((collection) => ({
      resource: { db: database, collection },
      actions,
    })),
    roles: [],
  };
}

const actionOf: Readonly<Record<string, string>> = {
  create: "createCollection",
  collMod: "collMod",
  createIndexes: "createIndex",
  dropIndexes: "dropIndex",
};

/** The privilege that a command needs, in words: `createIndex on taskrunner.pack_runs`. */
export function privilegeInWords(database: string, command: Document): string {
  const [verb = "", collection] = Object.entries(command)[0] ?? [];
  return `${actionOf[verb] ?? verb} on ${database}.${String(collection)}`;
}
