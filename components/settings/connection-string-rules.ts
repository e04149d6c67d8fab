import { besideTheMigrator } from "./application-rules";
import { databaseName } from "./names";
import type { Problem } from "./problems";
import type { Settings } from "./schema";
import { uriFacts, type UriFacts } from "./uri";

/** The settings that the rules about connection strings look at. */
type ConnectionSettings = Pick<Settings, "mongo" | "cluster" | "appMongoUri">;

/** The rules about connection strings that are known; the first is the migrator's. */
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

function databaseRule(settings: ConnectionSettings, facts: UriFacts): Problem[] {
  if (settings.mongo.database !== undefined) return [];
  if (facts.database === undefined) {
    return [
      {
        key: "mongo.database",
        found: "nothing, and mongoUri names none",
        allowed: "a name in either",
      },
    ];
  }
  const named = databaseName.safeParse(facts.database);
  if (named.success) return [];
  return [
    {
      key: "mongoUri",
      found: "a database name that MongoDB refuses",
      allowed: named.error.issues[0]?.message ?? "",
    },
  ];
}

function tlsRule(key: string, { cluster }: ConnectionSettings, facts: UriFacts): Problem[] {
  const plainTextAllowed = "allowPlainText" in cluster && cluster.allowPlainText;
  if (facts.local || plainTextAllowed) return [];
  if (facts.tls && facts.unchecked.length > 0) {
    const found = `TLS that checks no certificate (${facts.unchecked.join(", ")})`;
    return [{ key, found, allowed: "TLS without that, or cluster.allowPlainText: true" }];
  }
  if (facts.tls) return [];
  return [
    {
      key,
      found: "a connection without TLS to another machine",
      allowed: "tls=true, or cluster.allowPlainText: true",
    },
  ];
}

/** The rules about the services' connection string; `migrator` is undefined where the engine has none. */
export function applicationRules(
  settings: ConnectionSettings,
  migrator: UriFacts | undefined,
): Problem[] {
  if (settings.appMongoUri === undefined) {
    if (migrator?.local) return [];
    return [
      {
        key: "appMongoUri",
        found: "nothing",
        allowed: "the services' own secret connection string",
      },
    ];
  }
  const facts = uriFacts(settings.appMongoUri);
  if (!facts) return [unparsable("appMongoUri")];
  return [
    ...tlsRule("appMongoUri", settings, facts),
    ...(migrator ? besideTheMigrator(settings, migrator, facts) : []),
  ];
}

function unparsable(key: string): Problem {
  return {
    key,
    found: "a text that is no connection string",
    allowed: "mongodb[+srv]://host[:port]/database",
  };
}
