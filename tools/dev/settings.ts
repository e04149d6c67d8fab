import { isMap, parseDocument } from "yaml";

const prefix = "taskrunner-storage:";

/** What a run of the engine changes in the committed settings of the stack. */
export interface SettingsChange {
  readonly storageMode: "mongo" | "filesystem";
  /** The cutover that the stack needs next, from 1, which is the default. */
  readonly cutover: number;
  /** Keeps the connection strings of the former run, encrypted as they are. */
  readonly keepUris: boolean;
}

/**
 * The settings as the engine reads them: the committed ones with a change, and with the salt of the
 * stack's secrets, which the engine wrote into the former copy. So the committed file stays as it
 * is, and what is edited there takes effect at the next run.
 *
 * @param committed the text of the committed settings
 * @param former the text of the former copy, which may be the engine's with nothing but the salt, or
 *   empty: the engine then makes a new salt
 */
export function workingCopy(committed: string, former: string, change: SettingsChange): string {
  // The copy is in another folder, from which the schema has another path.
  const copy = parseDocument(committed.replace(/^# yaml-language-server: .*\n/, ""));
  const before = parseDocument(former);
  const salt = before.get("encryptionsalt");
  if (salt !== undefined) copy.set("encryptionsalt", salt);
  copy.setIn(["config", `${prefix}storageMode`], change.storageMode);
  if (change.cutover > 1) {
    copy.setIn(["config", `${prefix}cutover`], change.cutover);
    // No worker runs beside a stack of this machine.
    const workerStopped = ["config", `${prefix}rollout`, "workerStopped"];
    if (copy.hasIn(workerStopped)) copy.setIn(workerStopped, change.cutover);
  }
  const kept = change.keepUris ? ["mongoUri", "appMongoUri"] : [];
  for (const key of kept) {
    const value = before.getIn(["config", `${prefix}${key}`], true);
    if (isMap(value)) copy.setIn(["config", `${prefix}${key}`], value);
  }
  return copy.toString();
}
