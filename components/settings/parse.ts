import { problemsOf, SettingsError } from "./problems";
import { conflicts } from "./rules";
import { settingsSchema, type Settings } from "./schema";
import { uriFacts } from "./uri";

/**
 * The settings in `values`, completed by the defaults.
 *
 * @param values the keys of `Pulumi.<stack>.yaml` without their prefix, structured
 * @param plainKeys the keys that are not encrypted there; a password in one is refused
 * @throws SettingsError with every problem in one message
 */
export function parseSettings(
  values: Readonly<Record<string, unknown>>,
  plainKeys: ReadonlySet<string> = new Set(),
): Settings {
  const parsed = settingsSchema.safeParse(values);
  if (!parsed.success) throw new SettingsError(problemsOf(parsed.error, values));
  const problems = conflicts(parsed.data, plainKeys);
  if (problems.length > 0) throw new SettingsError(problems);
  return parsed.data;
}

/** The document's name of the database, for a cluster that the stack makes. */
const documentDatabase = "taskrunner";

/**
 * The database's name: the setting's, else for an existing server the one in the connection string
 * (the document, "Configuration reference"), for a cluster that the stack makes `taskrunner`.
 * Undefined where neither is given: in filesystem mode, or where another stack names it.
 */
export function databaseOf({ cluster, mongo, mongoUri = "" }: Settings): string | undefined {
  if (mongo.database !== undefined || cluster.kind === "stackReference") return mongo.database;
  return cluster.kind === "existing" ? uriFacts(mongoUri)?.database : documentDatabase;
}
