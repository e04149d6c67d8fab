import { applicationRules, connectionStringRules } from "../connection-string-rules";
import type { Problem } from "../problems";
import type { Settings } from "../schema";

const both = ["mongoUri", "appMongoUri"] as const;

/** The rules of a server that exists. Only in mongo mode: filesystem mode needs no server. */
export function existingRules(settings: Settings): Problem[] {
  if (settings.storageMode === "filesystem" || settings.cluster.kind !== "existing") return [];
  if (settings.mongoUri === undefined) {
    if (settings.jobs?.secret) return checkHiddenConnection(settings);
    return [{ key: "mongoUri", found: "nothing", allowed: "a connection string, as a secret" }];
  }
  return connectionStringRules({ ...settings, mongoUri: settings.mongoUri });
}

/** If only the Jobs have the migrator's connection string, nothing can be read from it. */
function checkHiddenConnection(settings: Settings): Problem[] {
  const found = "nothing, and mongoUri is in the Secret of jobs.secret";
  const { mongo, rollout, appMongoUri } = settings;
  const hasSecret = rollout.target === "values" || rollout.connectionSecret.name !== undefined;
  const allowed = "the services' connection string, as a secret, or rollout.connectionSecret.name";
  return [
    ...(mongo.database === undefined
      ? [{ key: "mongo.database", found, allowed: "the database's name" }]
      : []),
    ...(appMongoUri === undefined && !hasSecret ? [{ key: "appMongoUri", found, allowed }] : []),
    ...(appMongoUri === undefined ? [] : applicationRules(settings, undefined)),
  ];
}

/** The rules of a stack that uses the cluster of another. */
export function referenceRules(settings: Settings): Problem[] {
  const { cluster, jobs, mongo, storageMode } = settings;
  if (cluster.kind !== "stackReference") return [];
  const isHidden = jobs && mongo.database === undefined;
  const found = "nothing, and Jobs cannot read the other stack's outputs";
  return [
    // In a rollback `mongoUri` may say where to export from.
    ...(storageMode === "mongo"
      ? checkLeftovers(settings, `absent: it is an output of stack ${cluster.stack}`)
      : []),
    ...(isHidden ? [{ key: "mongo.database", found, allowed: "the database's name" }] : []),
  ];
}

/** A connection string that is left over from another kind is not ignored. */
export function checkLeftovers(settings: Settings, allowed: string): Problem[] {
  const found = `a connection string, and cluster.kind is ${settings.cluster.kind}`;
  return both.filter((key) => settings[key] !== undefined).map((key) => ({ key, found, allowed }));
}

/**
 * The rules if the stack makes both users (kinds `atlas` and `kubernetes`): nobody else has their
 * connection strings. A Secret of the site's would not follow a new password, and the services would
 * be locked out with the old one.
 *
 * Only in mongo mode: a rollback needs none of these, and must not stop on them.
 */
export function checkCreatedUsers(settings: Settings): Problem[] {
  const { cluster, storageMode, rollout, jobs } = settings;
  if (storageMode === "filesystem") return [];
  const name = rollout.target === "helm" ? rollout.connectionSecret.name : undefined;
  const allowed = `absent: cluster.kind ${cluster.kind} creates the users and their Secret`;
  return [
    ...(name === undefined
      ? []
      : [{ key: "rollout.connectionSecret.name", found: JSON.stringify(name), allowed }]),
    ...(jobs?.secret
      ? [{ key: "jobs.secret", found: JSON.stringify(jobs.secret.name), allowed }]
      : []),
    ...valuesRules(settings),
  ];
}

/** Values files name a Secret that somebody else fills: MongoDB's operator does. */
function valuesRules({ cluster, rollout, mongo }: Settings): Problem[] {
  // Services that the program cannot see get their Secret from somebody else.
  if (rollout.target !== "values" || rollout.confirm === "none") return [];
  if (cluster.kind !== "kubernetes") {
    const found =
      "values, whose Secret nobody could fill, because only the stack knows the passwords";
    return [{ key: "rollout.target", found, allowed: "helm, or another cluster.kind" }];
  }
  const { name, key } = rollout.connectionSecret;
  const operators = `${cluster.resource.name}-admin-${cluster.users.application.name}`;
  const isOperators = name === operators && /^connectionString\.standard(Srv)?$/.test(key);
  const problems: Problem[] = [];
  if (!isOperators) {
    problems.push({
      key: "rollout.connectionSecret",
      found: JSON.stringify({ name, key }),
      allowed: `{ name: ${operators}, key: connectionString.standard }, the operator's own; or target helm`,
    });
  }
  if (mongo.database === undefined) {
    const found = "nothing, and the operator's Secret does not name it";
    problems.push({ key: "mongo.database", found, allowed: "the database's name" });
  }
  return problems;
}
