import { MongoServerError, type Db, type Document } from "mongodb";
import { ConnectionString } from "mongodb-connection-string-url";
import { beginsWith, collectionRoles, collections, type CollectionRole } from "../../contract";

/** The collections' names by role. */
export type CollectionNames = Readonly<Record<CollectionRole, string>>;

/** Facts that a server reports. */
export interface ServerFacts {
  /** Such as `8.0.4`. */
  readonly version: string;
  /** A product other than MongoDB with its protocol; usually undefined. */
  readonly otherProduct: string | undefined;
  /** Whether it is neither a replica set member nor a router. */
  readonly standalone: boolean;
  /** Members without data, as `HOST:PORT`. */
  readonly arbiters: readonly string[];
  /** The sharded collections; undefined without the privilege to read them. */
  readonly sharded: readonly ShardedCollection[] | undefined;
}

/** A sharded collection of the contract. */
interface ShardedCollection {
  readonly role: CollectionRole;
  readonly name: string;
  readonly shardKey: Readonly<Record<string, unknown>>;
}

/** Reads a server's facts; only sharded collections need a privilege. */
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

/** Whether the server is neither a replica set member nor a router, and thus has no transactions. */
export async function isStandalone(database: Db): Promise<boolean> {
  const hello = await database.command({ hello: 1 });
  return hello.setName === undefined && hello.msg !== "isdbgrid";
}

/** Host patterns of products, from the driver (DOCUMENT_DB_CHECK, COSMOS_DB_CHECK). */
const productsByHost: readonly (readonly [pattern: RegExp, name: string])[] = [
  [/\.docdb(-elastic)?\.amazonaws\.com$/, "Amazon DocumentDB"],
  [/\.cosmos\.azure\.com$/, "Azure Cosmos DB"],
];

/** Members of `buildInfo` that only FerretDB 1 and 2 and Cosmos DB have. */
const productsByBuild: readonly (readonly [member: string, name: string])[] = [
  ["ferretdb", "FerretDB"],
  ["ferretdbVersion", "FerretDB"],
  ["_t", "Azure Cosmos DB"],
];

/** A product other than MongoDB, by its hosts or its `buildInfo`. */
export function otherProduct(hosts: readonly string[], build: Document): string | undefined {
  const byHost = productsByHost.find(([pattern]) => hosts.some((host) => pattern.test(host)));
  const byBuild = productsByBuild.find(([member]) => member in build);
  return (byHost ?? byBuild)?.[1];
}

/** Codes for a missing privilege: MongoDB's and Atlas'. */
const unauthorized: readonly unknown[] = [13, 8000];

/** Whether a server refused for lack of a privilege. */
export function isUnauthorized(error: unknown): boolean {
  return error instanceof MongoServerError && unauthorized.includes(error.code);
}

/** An entry of `config.collections`. An unsharded collection may have one, with a key and `unsplittable`. */
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
 * The unique keys whose uniqueness a sharded collection cannot enforce, each as its fields. A shard sees only its
 * own documents, so the index must begin with the shard key; the runs' `_id` may also be hashed.
 *
 * @see https://www.mongodb.com/docs/manual/core/sharding-shard-a-collection/#uniqueness
 */
export function keysNotUnique({ role, shardKey }: ShardedCollection): string[] {
  if (role === "runs") return Object.keys(shardKey).join() === "_id" ? [] : ["_id"];
  return collections[role].indexes
    .filter(({ unique, key }) => unique && !beginsWith(key, shardKey))
    .map(({ key }) => Object.keys(key).join(", "));
}
