import { isMap, parseDocument } from "yaml";

const prefix = "taskrunner-storage:";

/** The changes to the committed settings for a run of the engine. */
export interface SettingsChange {
  readonly storageMode: "mongo" | "filesystem";
  /** The setting `cutover`; default 1. */
  readonly cutover: number;
  /** Whether to keep the former run's encrypted connection strings. */
  readonly keepUris: boolean;
  /** The values files of worker and web on a real node, in the place of the committed ones. */
  readonly values?: Readonly<Record<"worker" | "web", string>> | undefined;
}

/**
 * The settings that the engine reads: the committed ones with changes, and with the salt of the stack's secrets
 * from the former copy. The committed file stays unchanged, and edits to it take effect at the next run.
 *
 * @param committed the text of the committed settings
 * @param former the text of the former copy; the engine creates a new salt if it is empty
 */
export function workingCopy(committed: string, former: string, change: SettingsChange): string {
  // The schema's path differs in the copy's folder.
  const copy = parseDocument(committed.replace(/^# yaml-language-server: .*\n/, ""));
  const before = parseDocument(former);
  const salt = before.get("encryptionsalt");
  if (salt !== undefined) copy.set("encryptionsalt", salt);
  copy.setIn(["config", `${prefix}storageMode`], change.storageMode);
  if (change.cutover > 1) {
    copy.setIn(["config", `${prefix}cutover`], change.cutover);
    // These stacks have no worker to stop.
    const workerStopped = ["config", `${prefix}rollout`, "workerStopped"];
    if (copy.hasIn(workerStopped)) copy.setIn(workerStopped, change.cutover);
  }
  for (const [service, file] of Object.entries(change.values ?? {})) {
    copy.setIn(["config", `${prefix}rollout`, service, "values"], [file]);
  }
  // Pods reach the database on the bridge of their own machine.
  if (change.values) copy.setIn(["config", `${prefix}cluster`, "allowPlainText"], true);
  const kept = change.keepUris ? ["mongoUri", "appMongoUri"] : [];
  for (const key of kept) {
    const value = before.getIn(["config", `${prefix}${key}`], true);
    if (isMap(value)) copy.setIn(["config", `${prefix}${key}`], value);
  }
  return copy.toString();
}
