import { parseSettings, SettingsError } from "../../components/settings";

/** The whole message of what is wrong with settings; "no problem" where nothing is. */
export function describeProblems(settings: object, plainKeys: readonly string[] = []): string {
  try {
    parseSettings({ storageMode: "mongo", ...settings }, new Set(plainKeys));
    return "no problem";
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    return error.message;
  }
}
