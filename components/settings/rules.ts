import { besideTheMigrator } from "./application-rules";
import { atlasRules } from "./cluster/atlas-rules";
import type { Problem } from "./problems";
import { databaseName } from "./names";
import { kubernetesRules } from "./cluster/kubernetes-rules";
import { jobRules, runsAsJobs } from "./job-rules";
import { referenceRules } from "./reference-rules";
import { rolloutRules } from "./rollout-rules";
import type { Settings } from "./schema";
import { uriFacts, type UriFacts } from "./uri";

/** Rules that span settings; those about MongoDB hold in mongo mode alone (no URI is needed in filesystem mode). */
export function conflicts(settings: Settings, plainKeys: ReadonlySet<string>): Problem[] {
  const uriRules = settings.storageMode === "mongo" && settings.cluster.kind === "existing";
  return [
    ...distinctNames(settings),
    ...passwordsInPlainText(settings, plainKeys),
    ...secretRules(settings),
    ...rolloutRules(settings),
    ...jobRules(settings),
    ...atlasRules(settings),
    ...kubernetesRules(settings),
    ...(uriRules ? connectionRules(settings) : []),
    ...referenceRules(settings),
  ];
}

function distinctNames(settings: Settings): Problem[] {
  const names = Object.entries({
    ...Object.fromEntries(
      Object.entries(settings.mongo.collections).map(([role, name]) => [
        `mongo.collections.${role}`,
        name,
      ]),
    ),
    "migration.ledger": settings.migration.ledger,
    ...(settings.backfill && { "backfill.checkpoints": settings.backfill.checkpoints }),
  });
  return names.flatMap(([key, name], at) => {
    const first = names.findIndex(([, other]) => other === name);
    if (first === at) return [];
    return [
      { key, found: JSON.stringify(name), allowed: `another name than ${names[first]?.[0] ?? ""}` },
    ];
  });
}

function passwordsInPlainText(settings: Settings, plainKeys: ReadonlySet<string>): Problem[] {
  return (["mongoUri", "appMongoUri"] as const)
    .filter((key) => plainKeys.has(key) && uriFacts(settings[key] ?? "")?.hasPassword)
    .map((key) => ({
      key,
      found: "a password in plain text",
      allowed: `a secret, set by: pulumi config set --secret ${key}`,
    }));
}

function secretRules({ rollout }: Settings): Problem[] {
  if (rollout.target !== "helm" || rollout.secretVersion === undefined) return [];
  if (rollout.connectionSecret.name !== undefined) return [];
  return [
    {
      key: "rollout.secretVersion",
      found: JSON.stringify(rollout.secretVersion),
      allowed: "absent without connectionSecret.name: the stack's own Secret gets a new name",
    },
  ];
}

function connectionRules(settings: Settings): Problem[] {
  if (settings.mongoUri === undefined) {
    if (runsAsJobs(settings) && settings.jobs?.secret) return hiddenConnectionRules(settings);
    return [{ key: "mongoUri", found: "nothing", allowed: "a secret connection string" }];
  }
  return connectionStringRules({ ...settings, mongoUri: settings.mongoUri });
}

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

/** Where only the Jobs have the migrator's connection string, nothing is to be read from it. */
function hiddenConnectionRules(settings: Settings): Problem[] {
  const why = "nothing, and mongoUri is in the Secret of jobs.secret";
  const { mongo, rollout, appMongoUri } = settings;
  const hasSecret = rollout.target === "values" || rollout.connectionSecret.name !== undefined;
  return [
    ...(mongo.database === undefined
      ? [{ key: "mongo.database", found: why, allowed: "the database's name" }]
      : []),
    ...(appMongoUri === undefined && !hasSecret
      ? [
          {
            key: "appMongoUri",
            found: why,
            allowed: "the services' own secret connection string, or rollout.connectionSecret.name",
          },
        ]
      : []),
    ...(appMongoUri === undefined ? [] : applicationRules(settings, undefined)),
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
  if (facts.tls || facts.local || plainTextAllowed) return [];
  return [
    {
      key,
      found: "a connection without TLS to another machine",
      allowed: "tls=true, or cluster.allowPlainText: true",
    },
  ];
}

function applicationRules(settings: ConnectionSettings, migrator: UriFacts | undefined): Problem[] {
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
    allowed: "mongodb://host[:port]/database or mongodb+srv://host/database",
  };
}
