import type { Db, Document } from "mongodb";
import { sameValue } from "./canonical";

/**
 * The largest expiry in seconds. It stands for none, because `collMod` can change an expiry but not remove it.
 *
 * @see https://www.mongodb.com/docs/manual/reference/command/collMod/
 */
export const noExpiry = 2_147_483_647;

/** An index from `listIndexes`, without the server's defaults. */
export interface ObservedIndex {
  readonly name: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly unique: boolean;
  readonly sparse: boolean;
  readonly hidden: boolean;
  readonly prepareUnique: boolean;
  /** Whether it is still being built: it serves no query, and may fail. */
  readonly isBuilding: boolean;
  /** In seconds; undefined for none, and for 2147483647. */
  readonly expireAfterSeconds: number | undefined;
  readonly partialFilterExpression: Document | undefined;
  readonly collation: Document | undefined;
}

/** A collection from `listCollections`, with its indexes except `_id_`. */
export interface ObservedCollection {
  readonly name: string;
  /** `collection`, `view` or `timeseries`. */
  readonly type: string;
  readonly validator: Document;
  readonly validationLevel: string;
  readonly validationAction: string;
  readonly indexes: readonly ObservedIndex[];
}

/** A database's collections by name. */
export type Observed = ReadonlyMap<string, ObservedCollection>;

/**
 * Reads the collections of a database and their indexes, without the server's own.
 *
 * @param names the collections to inspect; default: all
 */
export async function observe(db: Db, names?: readonly string[]): Promise<Observed> {
  const filter = names ? { name: { $in: [...names] } } : {};
  const listed = await db.listCollections(filter).toArray();
  // Even administrators may not list the indexes of `system.views` or `system.profile` (SERVER-25622).
  const infos = listed.filter(({ name }) => !name.startsWith("system."));
  const collections = await Promise.all(infos.map((info) => observeCollection(db, info)));
  return new Map(collections.map((collection) => [collection.name, collection]));
}

/** The indexes of a collection; none if it does not exist. */
export async function observeIndexes(
  db: Db,
  collection: string,
): Promise<readonly ObservedIndex[]> {
  return (await observe(db, [collection])).get(collection)?.indexes ?? [];
}

async function observeCollection(db: Db, info: Document): Promise<ObservedCollection> {
  const options = (info.options ?? {}) as Document;
  const name = info.name as string;
  const type = (info.type as string | undefined) ?? "collection";
  const indexes = type === "collection" ? await listIndexes(db, name) : [];
  return {
    name,
    type,
    validator: (options.validator as Document | undefined) ?? {},
    validationLevel: (options.validationLevel as string | undefined) ?? "strict",
    validationAction: (options.validationAction as string | undefined) ?? "error",
    indexes: indexes
      .map((index: Document) => parseIndex(index, options.collation as Document | undefined))
      .filter((index) => index.name !== "_id_")
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

// Only this flag (MongoDB 6.0, `list_indexes.idl`) marks an index that is being built. It moves the index's
// options into `spec`.
async function listIndexes(db: Db, collection: string): Promise<Document[]> {
  const command = { listIndexes: collection, includeIndexBuildInfo: true, cursor: {} };
  return (await db.runCursorCommand(command).toArray()) as Document[];
}

/** An index without a collation inherits the collection's, which the server fills in. */
function parseIndex(listed: Document, inherited: Document | undefined): ObservedIndex {
  const raw = (listed.spec ?? listed) as Document;
  const expiry = raw.expireAfterSeconds as number | undefined;
  return {
    name: raw.name as string,
    key: Object.fromEntries(
      Object.entries(raw.key as Document).map(([field, direction]) => [
        field,
        typeof direction === "string" ? direction : Number(direction),
      ]),
    ),
    unique: raw.unique === true,
    sparse: raw.sparse === true,
    hidden: raw.hidden === true,
    prepareUnique: raw.prepareUnique === true,
    isBuilding: listed.indexBuildInfo !== undefined,
    expireAfterSeconds: expiry === noExpiry ? undefined : expiry,
    partialFilterExpression: raw.partialFilterExpression as Document | undefined,
    collation: sameValue(raw.collation, inherited) ? undefined : (raw.collation as Document),
  };
}
