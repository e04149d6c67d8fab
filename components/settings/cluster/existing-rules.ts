import { applicationRules, connectionStringRules } from "../connection-string-rules";
import { runsAsJobs } from "../job-rules";
import type { Problem } from "../problems";
import type { Settings } from "../schema";

/** The rules of a server that exists; in mongo mode alone, because filesystem mode needs none. */
export function existingRules(settings: Settings): Problem[] {
  if (settings.storageMode === "filesystem" || settings.cluster.kind !== "existing") return [];
  if (settings.mongoUri === undefined) {
    if (runsAsJobs(settings) && settings.jobs?.secret) return hiddenConnectionRules(settings);
    return [{ key: "mongoUri", found: "nothing", allowed: "a secret connection string" }];
  }
  return connectionStringRules({ ...settings, mongoUri: settings.mongoUri });
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
