import { type Code, type Finding, warning } from "../../text";
import { keysNotUnique, type ServerFacts } from "./facts";

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
