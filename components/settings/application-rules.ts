import type { Problem } from "./problems";
import type { Settings } from "./schema";
import type { UriFacts } from "./uri";

/** What the services' connection string must have that the migrator's has not, and the reverse. */
export function besideTheMigrator(
  settings: Pick<Settings, "mongo">,
  migrator: UriFacts,
  application: UriFacts,
): Problem[] {
  return [
    ...userRule(migrator, application),
    ...databaseRule(settings.mongo.database, migrator, application),
  ];
}

/** Two users, so that the services may not alter the schema (decision 12). */
function userRule(migrator: UriFacts, application: UriFacts): Problem[] {
  const isUnnamed = migrator.user === "" && migrator.externalUser;
  if (migrator.local || isUnnamed || migrator.user !== application.user) return [];
  return [
    {
      key: "appMongoUri",
      found: migrator.user === "" ? "no user, like mongoUri" : "the same user as in mongoUri",
      allowed: "another user, who may read and write the collections and nothing else",
    },
  ];
}

/** Without `mongo.database` each side takes the name in its own connection string. */
function databaseRule(
  setting: string | undefined,
  migrator: UriFacts,
  application: UriFacts,
): Problem[] {
  if (setting !== undefined || migrator.database === undefined) return [];
  if (application.database === migrator.database) return [];
  const found = JSON.stringify(application.database ?? null).replace("null", "none");
  return [
    {
      key: "appMongoUri",
      found: `the database ${found}, and ${JSON.stringify(migrator.database)} in mongoUri`,
      allowed: "the same database, or its name in mongo.database",
    },
  ];
}
