import { parseSettings, SettingsError } from "../../components/settings";

/** The least that a stack in mongo mode needs, but for its mode. */
export const dev = {
  mongoUri: "mongodb://127.0.0.1:27017/taskrunner",
  rollout: { target: "values", directory: "deploy", confirm: "none" },
};

/** Releases that the stack installs. */
export const helm = {
  target: "helm",
  namespace: "taskrunner",
  install: true,
  worker: { chart: "charts/one" },
  web: { chart: "charts/one" },
};

/** One release that has both services. */
export const umbrella = {
  target: "umbrella",
  namespace: "stellaops",
  release: "stella",
  chart: "charts/stella",
  worker: { selector: "app=worker" },
  web: { selector: "app=web" },
};

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
