import type { Problem } from "./problems";
import type { Settings } from "./schema";
import { uriFacts, type UriFacts } from "./uri";

/** The settings that the rules about connection strings look at. */
type ConnectionSettings = Pick<Settings, "mongo" | "cluster" | "appMongoUri">;

/** The rules about both connection strings, if the migrator's is known. */
export function connectionStringRules(
  settings: ConnectionSettings & { readonly mongoUri: string },
): Problem[] {
  const facts = uriFacts(settings.mongoUri);
  if (!facts) return [unparsable("mongoUri")];
  return [
    ...databaseRule(settings, facts),
    ...tlsRule("mongoUri", settings, facts),
    ...applicationRules(settings, facts),
  ];
}

function databaseRule({ mongo }: ConnectionSettings, facts: UriFacts): Problem[] {
  if (mongo.database !== undefined || facts.database !== undefined) return [];
  const found = "nothing, and mongoUri names none";
  return [{ key: "mongo.database", found, allowed: "a name in either" }];
}

function tlsRule(key: string, { cluster }: ConnectionSettings, facts: UriFacts): Problem[] {
  const plainTextAllowed = "allowPlainText" in cluster && cluster.allowPlainText;
  if (facts.local || plainTextAllowed) return [];
  if (facts.tls && facts.unchecked.length > 0) {
    const found = `TLS that does not check certificates (${facts.unchecked.join(", ")})`;
    return [{ key, found, allowed: "TLS without that, or cluster.allowPlainText: true" }];
  }
  if (facts.tls) return [];
  const found = "a connection without TLS to another machine";
  return [{ key, found, allowed: "tls=true, or cluster.allowPlainText: true" }];
}

/** The rules about the services' connection string; `migrator` is undefined if only a Secret has it. */
export function applicationRules(
  settings: ConnectionSettings,
  migrator: UriFacts | undefined,
): Problem[] {
  if (settings.appMongoUri === undefined) {
    if (migrator?.local) return [];
    const allowed = "the services' connection string, as a secret";
    return [{ key: "appMongoUri", found: "nothing", allowed }];
  }
  const facts = uriFacts(settings.appMongoUri);
  if (!facts) return [unparsable("appMongoUri")];
  const both = migrator
    ? [...userRule(migrator, facts), ...sameDatabaseRule(settings.mongo.database, migrator, facts)]
    : [];
  return [...tlsRule("appMongoUri", settings, facts), ...concernRule(facts), ...both];
}

/** A failover loses writes that no majority has, and a secondary has older runs. */
function concernRule({ w = "majority", readPreference = "primary" }: UriFacts): Problem[] {
  if (w === "majority" && readPreference === "primary") return [];
  const found = `w=${w} and readPreference=${readPreference}`;
  return [{ key: "appMongoUri", found, allowed: "w=majority and readPreference=primary" }];
}

/** Two users, so that the services may not alter the schema (decision 12). */
function userRule(migrator: UriFacts, application: UriFacts): Problem[] {
  const isUnnamed = migrator.user === "" && migrator.externalUser;
  if (migrator.local || isUnnamed || migrator.user !== application.user) return [];
  const found = migrator.user === "" ? "no user, like mongoUri" : "the same user as in mongoUri";
  const allowed = "another user, who can only read and write the collections";
  return [{ key: "appMongoUri", found, allowed }];
}

/** Without `mongo.database` each side takes the name in its own connection string. */
function sameDatabaseRule(
  setting: string | undefined,
  migrator: UriFacts,
  application: UriFacts,
): Problem[] {
  if (setting !== undefined || migrator.database === undefined) return [];
  if (application.database === migrator.database) return [];
  const own = application.database === undefined ? "none" : JSON.stringify(application.database);
  const found = `the database ${own}, and ${JSON.stringify(migrator.database)} in mongoUri`;
  const allowed = "the same database, or its name in mongo.database";
  return [{ key: "appMongoUri", found, allowed }];
}

function unparsable(key: string): Problem {
  return {
    key,
    found: "a string that is not a connection string",
    allowed: "mongodb[+srv]://host[:port]/database",
  };
}
