import type { SchemaOptions } from "./schema";

/** A role in the form of the command `createRole`. */
export interface DatabaseRole {
  readonly createRole: string;
  readonly privileges: readonly {
    /** An empty `collection` means the whole database. */
    readonly resource: { readonly db: string; readonly collection: string };
    readonly actions: readonly string[];
  }[];
  readonly roles: readonly string[];
}

/**
 * The least privileges of the migrator: the schema of one database, the ledger, and the documents to import
 * and search for data issues.
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

/** The collections of the services. */
export interface ServiceCollections extends Pick<SchemaOptions, "collections"> {
  /** Further ones, without validator and index. Default: none. */
  readonly extraCollections?: readonly string[] | undefined;
}

/**
 * The least privileges of the services: documents of their collections, and `createIndex`. The services
 * create their indexes at start, and a server checks this privilege even if the index exists (CSHARP-1866).
 */
export function applicationRole(
  database: string,
  { collections, extraCollections = [] }: ServiceCollections,
): DatabaseRole {
  const actions = ["find", "insert", "update", "remove", "createIndex"];
  return {
    createRole: "taskrunnerApplication",
    privileges: [...Object.values(collections), ...extraCollections].map((collection) => ({
      resource: { db: database, collection },
      actions,
    })),
    roles: [],
  };
}
