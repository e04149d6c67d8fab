import type { Db, Document } from "mongodb";
import { type Code, type Finding, warning } from "../../text";
import {
  addressIn,
  ConnectionError,
  databaseAt,
  formatHosts,
  type DatabaseAddress,
} from "../../mongo";
import { uriFacts } from "../../settings/uri";
import { kind, tell, type MongoInputs, type OncePerCutover, type Step } from "../../step";
import { keysNotUnique, serverFacts, type CollectionNames, type ServerFacts } from "./facts";
import { missingServicePrivileges, missingMigratorPrivileges } from "./privileges";

/** An unsuitable server. The message names its hosts, never a secret. */
export class ServerRefused extends Error {
  override readonly name = "ServerRefused";

  constructor(uri: string, refusals: readonly string[]) {
    const what = `MongoDB at ${formatHosts(uri)} cannot be used; nothing was changed.`;
    super([what, ...refusals].join("\n"));
  }
}

/** Checks the server of a database. `uri` is secret. */
export async function checkServer(
  database: Db,
  uri: string,
  names: CollectionNames,
): Promise<{ readonly version: string; readonly findings: readonly Finding[] }> {
  const facts = await serverFacts(database, uri, names);
  const local = uriFacts(uri)?.local ?? false;
  return { version: facts.version, findings: findingsOf(facts, { local }) };
}

/**
 * Requires a suitable server and the migrator's privileges; warnings go to standard error.
 *
 * @returns the server's version
 * @throws ServerRefused
 */
export async function requireServer(
  database: Db,
  uri: string,
  names: CollectionNames,
): Promise<string> {
  const { version, findings } = await checkServer(database, uri, names);
  const refusals = findings.flatMap(({ severity, text }) => (severity === "stop" ? [text] : []));
  if (refusals.length > 0) throw new ServerRefused(uri, refusals);
  for (const one of findings) tell({ ...one, text: `MongoDB at ${formatHosts(uri)}: ${one.text}` });
  const missing = await missingMigratorPrivileges(database, names);
  if (missing.length > 0) throw new ServerRefused(uri, [describeMissing("mongoUri", missing)]);
  return version;
}

/** The collections may not exist yet. */
export interface ServerCheckInputs extends MongoInputs, OncePerCutover {
  readonly collections: CollectionNames;
}

export interface ServerCheckResults {
  /** Such as `8.0.4`. */
  readonly serverVersion: string;
}

/** The check of an existing server, before each cutover and for a new server. */
export const serverCheck: Step<ServerCheckInputs, ServerCheckResults> = {
  ...kind<ServerCheckInputs, ServerCheckResults>(
    "ServerCheck",
    ["cluster", "mongo"],
    ["serverVersion"],
  ),
  id: () => "server-check",
  followsServer: true,
  compares: ["database", "cutover"],
  forward: async (inputs) => {
    const address = addressIn(inputs);
    const database = await databaseAt(address);
    return { serverVersion: await requireServer(database, address.uri, inputs.collections) };
  },
};

/**
 * Requires, before the services are rolled out, that their user can log in, write, and create indexes in the
 * collections.
 *
 * @param address with the services' connection string, which is secret
 * @param names the collections; those of the contract exist
 * @param isApart whether the address is not the migrator's; then it is only a warning if it is unreachable
 * @param creations see `missingServicePrivileges`; default none
 * @throws ServerRefused with missing privileges, or if an arbiter makes writes unsafe; ConnectionError if the
 *   log-in fails
 */
export async function requireApplication(
  address: DatabaseAddress,
  names: readonly string[],
  isApart: boolean,
  creations: readonly Document[] = [],
): Promise<void> {
  try {
    const database = await databaseAt(address);
    const { arbiters = [] } = (await database.command({ hello: 1 })) as { arbiters?: string[] };
    if (arbiters.length > 0 && uriFacts(address.uri)?.w !== "majority") {
      throw new ServerRefused(address.uri, [
        `It has an arbiter (${arbiters.join(", ")}), so by default the services' writes do not wait for a majority, ` +
          "and a failover may lose them. Add w=majority to appMongoUri and run it again.",
      ]);
    }
    const missing = await missingServicePrivileges(database, names, creations);
    if (missing.length === 0) return;
    throw new ServerRefused(address.uri, [describeMissing("appMongoUri", missing)]);
  } catch (error) {
    if (!(error instanceof ConnectionError) || !isApart) throw error;
    const text = `The user of appMongoUri was not checked. ${error.message}`;
    tell(warning("user-not-checked", text));
  }
}

function describeMissing(setting: "mongoUri" | "appMongoUri", missing: readonly string[]): string {
  return (
    `The user of ${setting} lacks ${missing.join(", ")}. Grant it these privileges ` +
    '(docs/security.md, "Database users") and run it again.'
  );
}

// MongoDB 6.0 can make an index unique in place.
const oldest = [6, 0] as const;

/**
 * The findings of an existing server. A standalone one is refused unless it is local, because import and services
 * rely on a majority's acknowledgement.
 */
export function findingsOf(facts: ServerFacts, { local }: { readonly local: boolean }): Finding[] {
  const { version, standalone, arbiters, sharded, otherProduct } = facts;
  const minimum = oldest.join(".");
  const product =
    `It is ${otherProduct ?? ""}, not MongoDB. It lacks features that the migration and the services need, such as ` +
    `\`collMod\` of an index and validators. Use MongoDB ${minimum} or later.`;
  if (otherProduct) return [{ severity: "stop", code: "server-product", text: product }];
  const found: Finding[] = [];
  const stop = (code: Code, text: string) => found.push({ severity: "stop", code, text });
  const warn = (code: Code, text: string) => found.push(warning(code, text));
  const [major = 0, minor = 0] = version.split(".").map((part) => Number.parseInt(part, 10));
  if (major < oldest[0] || (major === oldest[0] && minor < oldest[1])) {
    stop(
      "server-version",
      `It runs MongoDB ${version}, but the oldest supported version is ${minimum}: earlier ones ` +
        "cannot make an index unique in place (`prepareUnique`). Upgrade the server and run it again.",
    );
  }
  if (standalone) (local ? warn : stop)("server-standalone", standaloneWarning);
  if (arbiters.length > 0) {
    warn(
      "server-arbiter",
      `It has an arbiter (${arbiters.join(", ")}), which holds no data. While another member is down, ` +
        "writes may not reach a majority, and a step of the cutover tries for up to a quarter of an hour before it stops. " +
        "Replace the arbiter with a member that holds data, or cut over while all members are up.",
    );
  }
  const shardAdvice =
    "Shard the runs by { _id: 1 } and the other collections by { runId: 1 }, or leave them unsharded.";
  for (const collection of sharded ?? []) {
    const sharding = `${collection.name} is sharded by ${JSON.stringify(collection.shardKey)}`;
    for (const key of keysNotUnique(collection)) {
      stop(
        "shard-key",
        `${sharding}, so { ${key} } cannot be unique: a shard compares only its own documents. ${shardAdvice}`,
      );
    }
  }
  if (sharded === undefined) {
    warn(
      "shard-keys-unknown",
      "It is a sharded cluster, and this user cannot read config.collections, so the shard keys are unknown. " +
        `With a wrong one, { runId, sequence } cannot be unique. ${shardAdvice}`,
    );
  }
  return found;
}

const standaloneWarning =
  "It is a standalone server, so the import's and the services' writes are on only one disk. It has no " +
  "majority writes, no retried writes, no transactions, no change streams and no secondary. Make it a " +
  "replica set of at least one member: set replication.replSetName, restart it, and run rs.initiate() once.";
