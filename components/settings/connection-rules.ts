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

/** The rules of both connection strings. */
export function connectionStringRules(
  settings: ConnectionSettings & { readonly mongoUri: string },
): Rule[] {
  const facts = uriFacts(settings.mongoUri);
  if (!facts) return [unparsable("mongoUri")];
  const unnamed = {
    key: "mongo.database",
    when: (settings.mongo.database ?? facts.database) === undefined,
    found: "missing, and mongoUri names no database",
    allowed: "a name here, or in mongoUri (…/taskrunner)",
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

/** The rules of the services' connection string. */
export function applicationRules(settings: ConnectionSettings, migrator?: UriFacts): Rule[] {
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

/** A password is encrypted in the source of the settings. */
export function passwordRules(settings: Settings, plainKeys: ReadonlySet<string>): Rule[] {
  const hasPassword = {
    mongoUri: uriFacts(settings.mongoUri ?? "")?.hasPassword,
    appMongoUri: uriFacts(settings.appMongoUri ?? "")?.hasPassword,
    rollout: JSON.stringify(settings.rollout).includes('"password":'),
  };
  return Object.entries(hasPassword).map(([key, hasOne = false]) => ({
    key,
    when: hasOne && plainKeys.has(key),
    found: "a password in plain text",
    allowed: `a secret, set by: pulumi config set --secret ${key}`,
  }));
}

/** The parts of the pod template that a log-in without a password needs. */
const needs = new Map([
  ["MONGODB-AWS", "nothing, because the image has no SDK of AWS"],
  ["MONGODB-OIDC", "serviceAccountName"],
  ["MONGODB-X509", "volumes"],
]);

/** The rules of a Job's log-in without a password: its pod template must have what the mechanism needs. */
export function mechanismRules({ jobs, ...settings }: Settings): Rule[] {
  const { spec = {} } = (jobs?.podTemplate ?? {}) as { readonly spec?: object };
  return (["mongoUri", "appMongoUri"] as const).map((key) => {
    const { mechanism = "" } = uriFacts(settings[key] ?? "") ?? {};
    const needed = needs.get(mechanism) ?? "";
    return {
      key,
      when: jobs !== undefined && needed !== "" && !(needed in spec),
      found: `authMechanism=${mechanism}, and a section jobs`,
      allowed: `a password, or in jobs.podTemplate.spec: ${needed}`,
    };
  });
}
