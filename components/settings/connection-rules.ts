import { findProblems, type Problem, type Rule } from "./problems";
import type { Settings } from "./schema";
import { uriFacts, type UriFacts } from "./uri";

/** The settings that these rules read. */
type ConnectionSettings = Pick<Settings, "mongo" | "cluster" | "appMongoUri">;

/** The problems of both connection strings. */
export function connectionStringProblems(
  settings: ConnectionSettings & { readonly mongoUri: string },
): Problem[] {
  return findProblems(settings, connectionStringRules(settings));
}

function connectionStringRules(
  settings: ConnectionSettings & { readonly mongoUri: string },
): Rule[] {
  const facts = uriFacts(settings.mongoUri);
  if (!facts) return [unparsable("mongoUri")];
  const unnamed = {
    key: "mongo.database",
    when: (settings.mongo.database ?? facts.database) === undefined,
    found: "nothing, and mongoUri names none",
    allowed: "a name in either",
  };
  return [unnamed, ...tlsRules("mongoUri", settings, facts), ...applicationRules(settings, facts)];
}

function tlsRules(key: string, { cluster }: ConnectionSettings, facts: UriFacts): Rule[] {
  const isAllowed = facts.local || ("allowPlainText" in cluster && cluster.allowPlainText);
  return [
    {
      key,
      when: !isAllowed && facts.tls && facts.unchecked.length > 0,
      found: `TLS that does not check certificates (${facts.unchecked.join(", ")})`,
      allowed: "TLS without that, or cluster.allowPlainText: true",
    },
    {
      key,
      when: !isAllowed && !facts.tls,
      found: "a connection without TLS to another machine",
      allowed: "tls=true, or cluster.allowPlainText: true",
    },
  ];
}

function applicationRules(settings: ConnectionSettings, migrator?: UriFacts): Rule[] {
  const key = "appMongoUri";
  if (settings.appMongoUri === undefined) {
    const allowed = "the services' connection string, as a secret";
    return [{ key, when: !migrator?.local, allowed }];
  }
  const facts = uriFacts(settings.appMongoUri);
  if (!facts) return [unparsable(key)];
  const { w = "majority", readPreference = "primary", database } = facts;
  const isUnnamed = migrator?.user === "" && migrator.externalUser;
  const own = database === undefined ? "none" : JSON.stringify(database);
  return [
    ...tlsRules(key, settings, facts),
    // A failover loses writes that no majority has, and a secondary may lag behind.
    {
      key,
      when: w !== "majority" || readPreference !== "primary",
      found: `w=${w} and readPreference=${readPreference}`,
      allowed: "w=majority and readPreference=primary",
    },
    // The services must not be able to alter the schema.
    {
      key,
      when: migrator?.user === facts.user && !migrator.local && !isUnnamed,
      found: facts.user === "" ? "no user, like mongoUri" : "the same user as in mongoUri",
      allowed: "another user, who can only read and write the collections",
    },
    // Without `mongo.database`, each side uses the name in its own connection string.
    {
      key,
      when: !settings.mongo.database && ![undefined, database].includes(migrator?.database),
      found: `the database ${own}, and ${JSON.stringify(migrator?.database)} in mongoUri`,
      allowed: "the same database, or its name in mongo.database",
    },
  ];
}

function unparsable(key: string): Rule {
  const found = "a string that is not a connection string";
  return { key, when: true, found, allowed: "mongodb[+srv]://host[:port]/database" };
}

/** The rules of kind `existing`. They apply only in mongo mode, because filesystem mode needs no server. */
export function existingRules(settings: Settings): Rule[] {
  const { cluster, storageMode, mongo, mongoUri, appMongoUri, jobs, rollout } = settings;
  if (storageMode === "filesystem" || cluster.kind !== "existing") return [];
  if (mongoUri !== undefined) return connectionStringRules({ ...settings, mongoUri });
  if (!jobs?.secret) {
    return [{ key: "mongoUri", when: true, allowed: "a connection string, as a secret" }];
  }
  // Only Jobs have the migrator's connection string, so no name can be read from it.
  const found = "nothing, and mongoUri is in the Secret of jobs.secret";
  const hasSecret = rollout.target === "values" || rollout.connectionSecret.name !== undefined;
  const hidden: Rule[] = [
    {
      key: "mongo.database",
      when: mongo.database === undefined,
      found,
      allowed: "the database's name",
    },
    {
      key: "appMongoUri",
      when: appMongoUri === undefined && !hasSecret,
      found,
      allowed: "the services' connection string, as a secret, or rollout.connectionSecret.name",
    },
  ];
  return appMongoUri === undefined ? hidden : [...hidden, ...applicationRules(settings)];
}

/** The rules of kind `stackReference`. */
export function referenceRules(settings: Settings): Rule[] {
  const { cluster, jobs, mongo, storageMode } = settings;
  if (cluster.kind !== "stackReference") return [];
  const absent = `absent: it is an output of stack ${cluster.stack}`;
  return [
    // In a rollback, `mongoUri` may name the server to export from.
    ...(storageMode === "mongo" ? leftoverRules(settings, absent) : []),
    {
      key: "mongo.database",
      when: jobs !== undefined && mongo.database === undefined,
      found: "nothing, and Jobs cannot read the other stack's outputs",
      allowed: "the database's name",
    },
  ];
}

/** Rejects a connection string that is left over from another kind. */
export function leftoverRules(settings: Settings, allowed: string): Rule[] {
  const found = `a connection string, and cluster.kind is ${settings.cluster.kind}`;
  return (["mongoUri", "appMongoUri"] as const).map((key) => {
    return { key, when: settings[key] !== undefined, found, allowed };
  });
}

/**
 * The rules of kinds `atlas` and `kubernetes`, whose users the stack creates. They apply only in mongo mode, so
 * that no rollback stops on them. The services need a Secret that the stack or MongoDB's operator fills: one of the
 * site would keep an old password.
 */
export function createdUserRules(settings: Settings): Rule[] {
  const { cluster, storageMode, rollout, jobs, mongo } = settings;
  if (storageMode === "filesystem") return [];
  const allowed = `absent: cluster.kind ${cluster.kind} creates the users and their Secret`;
  const { name, key } = rollout.connectionSecret;
  const hasOperator = cluster.kind === "kubernetes";
  const operatorSecret = hasOperator
    ? `${cluster.resource.name}-admin-${cluster.users.application.name}`
    : "";
  const isExpected = name === operatorSecret && /^connectionString\.standard(Srv)?$/.test(key);
  // With `confirm: none`, the site provides the services' Secret.
  const usesValuesFiles = rollout.target === "values" && rollout.confirm !== "none";
  return [
    {
      key: "rollout.connectionSecret.name",
      when: rollout.target !== "values" && name !== undefined,
      allowed,
    },
    {
      key: "jobs.secret",
      when: jobs?.secret !== undefined,
      found: JSON.stringify(jobs?.secret?.name),
      allowed,
    },
    {
      key: "rollout.target",
      when: usesValuesFiles && !hasOperator,
      found: "values, whose Secret nobody could fill, because only the stack knows the passwords",
      allowed: "helm, or another cluster.kind",
    },
    {
      key: "rollout.connectionSecret",
      when: usesValuesFiles && hasOperator && !isExpected,
      found: JSON.stringify({ name, key }),
      allowed: `{ name: ${operatorSecret}, key: connectionString.standard }, the operator's own; or target helm`,
    },
    {
      key: "mongo.database",
      when: usesValuesFiles && hasOperator && mongo.database === undefined,
      found: "nothing, and the operator's Secret does not name it",
      allowed: "the database's name",
    },
  ];
}
