import { MongoServerError, type Db, type Document } from "mongodb";
import { ConnectionString } from "mongodb-connection-string-url";
import { collectionRoles, collections, type CollectionRole } from "../../contract";

/** The collections' names by role. */
export type CollectionNames = Readonly<Record<CollectionRole, string>>;

/** What a server says of itself. */
export interface ServerFacts {
  /** Such as `8.0.4`. */
  readonly version: string;
  /** The name of a product that speaks MongoDB's protocol and is not MongoDB; mostly undefined. */
  readonly otherProduct: string | undefined;
  /** Whether it is neither a member of a replica set nor the router of a sharded cluster. */
  readonly standalone: boolean;
  /** The members that hold no data, as `HOST:PORT`. */
  readonly arbiters: readonly string[];
  /** Which collections are sharded and how; undefined if that may not be read. */
  readonly sharded: readonly ShardedCollection[] | undefined;
}

/** A collection of ours that is sharded. */
interface ShardedCollection {
  readonly role: CollectionRole;
  readonly name: string;
  readonly shardKey: Readonly<Record<string, unknown>>;
}

/** Asks a server about itself; only what a sharded cluster says of its collections needs a privilege. */
export async function serverFacts(
  database: Db,
  uri: string,
  names: CollectionNames,
): Promise<ServerFacts> {
  const [hello, build] = await Promise.all([
    database.command({ hello: 1 }),
    database.command({ buildInfo: 1 }),
  ]);
  const hosts = new ConnectionString(uri).hosts.map((host) =>
    host.toLowerCase().replace(/:\d+$/, ""),
  );
  const isRouter = hello.msg === "isdbgrid";
  return {
    version: String(build.version),
    otherProduct: otherProduct(hosts, build),
    standalone: hello.setName === undefined && !isRouter,
    arbiters: (hello.arbiters ?? []) as string[],
    sharded: isRouter ? await findShardedCollections(database, names) : [],
  };
}

/** Whether it is neither a member of a replica set nor a router: it has no transactions then. */
export async function isStandalone(database: Db): Promise<boolean> {
  const hello = await database.command({ hello: 1 });
  return hello.setName === undefined && hello.msg !== "isdbgrid";
}

/** Hosts of products, as the driver knows them (its DOCUMENT_DB_CHECK and COSMOS_DB_CHECK). */
const productsByHost: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\.docdb(-elastic)?\.amazonaws\.com$/, "Amazon DocumentDB"],
  [/\.cosmos\.azure\.com$/, "Azure Cosmos DB"],
];

/** Members of `buildInfo` that MongoDB does not have: FerretDB 1 and 2, and Cosmos DB. */
const productsByBuild: readonly (readonly [member: string, name: string])[] = [
  ["ferretdb", "FerretDB"],
  ["ferretdbVersion", "FerretDB"],
  ["_t", "Azure Cosmos DB"],
];

/** The product that speaks MongoDB's protocol and is not MongoDB, by its hosts or its `buildInfo`. */
export function otherProduct(hosts: readonly string[], build: Document): string | undefined {
  const byHost = productsByHost.find(([pattern]) => hosts.some((host) => pattern.test(host)));
  const byBuild = productsByBuild.find(([member]) => member in build);
  return (byHost ?? byBuild)?.[1];
}

/** Server codes for a privilege that is missing: MongoDB's and Atlas'. */
const unauthorized: readonly unknown[] = [13, 8000];

/** Whether a server refused something for want of a privilege. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof MongoServerError && unauthorized.includes(error.code);
}

/** An entry of `config.collections`; one that is not split over shards has a key all the same. */
interface ConfigEntry {
  readonly _id: string;
  readonly key: Readonly<Record<string, unknown>>;
  readonly unsplittable?: boolean;
}

async function findShardedCollections(
  { client, databaseName }: Db,
  names: CollectionNames,
): Promise<ShardedCollection[] | undefined> {
  const ids = collectionRoles.map((role) => `${databaseName}.${names[role]}`);
  const entries = client.db("config").collection<ConfigEntry>("collections");
  try {
    const found = await entries.find({ _id: { $in: ids } }).toArray();
    return found
      .filter(({ unsplittable }) => unsplittable !== true)
      .map(({ _id, key }) => {
        const role = collectionRoles[ids.indexOf(_id)] ?? "runs";
        return { role, name: names[role], shardKey: key };
      });
  } catch (error) {
    if (isUnauthorized(error)) return undefined;
    throw error;
  }
}

/**
 * The keys of a collection that cannot be unique under its shard key, each as its fields: a shard keeps
 * only its own documents unique, so the shard key has to begin the index. The runs' key is `_id`, which
 * may be hashed too.
 *
 * @see https://www.mongodb.com/docs/manual/core/sharding-shard-a-collection/#uniqueness
 */
export function keysNotUnique({ role, shardKey }: ShardedCollection): string[] {
  const sharded = Object.entries(shardKey);
  if (role === "runs") return Object.keys(shardKey).join() === "_id" ? [] : ["_id"];
  const isBegun = (key: readonly (readonly [string, number])[]) =>
    JSON.stringify(key.slice(0, sharded.length)) === JSON.stringify(sharded);
  return collections[role].indexes
    .filter(({ unique, key }) => unique && !isBegun(key))
    .map(({ key }) => key.map(([field]) => field).join(", "));
}
