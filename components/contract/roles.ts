import type { SchemaOptions } from "./schema";

/** A role as the server's `createRole` takes it. */
export interface DatabaseRole {
  readonly createRole: string;
  readonly privileges: readonly {
    /** An empty collection's name stands for all of the database. */
    readonly resource: { readonly db: string; readonly collection: string };
    readonly actions: readonly string[];
  }[];
  readonly roles: readonly string[];
}

/**
 * The least that the migrator's user needs: the schema of one database, the ledger, and the documents
 * that it imports and looks through for data issues.
 *
 * @see https://www.mongodb.com/docs/manual/reference/privilege-actions/
 */
export function migratorRole(database: string): DatabaseRole {
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

/**
 * The least that the services' user needs: the documents of the four collections, and `createIndex` on
 * them. The services create their indexes at start, and a server refuses that without the privilege
 * before it looks whether they exist (CSHARP-1866).
 */
export function applicationRole(
  database: string,
  { collections }: Pick<SchemaOptions, "collections">,
): DatabaseRole {
  const actions = ["find", "insert", "update", "remove", "createIndex"];
  return {
    createRole: "taskrunnerApplication",
    privileges: Object.values(collections).map((collection) => ({
      resource: { db: database, collection },
      actions,
    })),
    roles: [],
  };
}
