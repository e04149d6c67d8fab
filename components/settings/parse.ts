import { notAvailableYet } from "./availability";
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
  const problems = [...notAvailableYet(parsed.data), ...conflicts(parsed.data, plainKeys)];
  if (problems.length > 0) throw new SettingsError(problems);
  // What is not available was refused above.
  return parsed.data as Settings;
}

/**
 * The database's name: the setting's, else the one in the connection string (the document,
 * "Configuration reference"). Undefined in filesystem mode where neither is given.
 */
export function databaseOf(settings: Settings): string | undefined {
  return settings.mongo.database ?? uriFacts(settings.mongoUri ?? "")?.database;
}
