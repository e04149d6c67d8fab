/**
 * The settings: every key of `Pulumi.<stack>.yaml`, parsed once into typed values. `program.ts` is
 * the Pulumi program's own door.
 */
export type { AtlasSettings, ClusterSettings, ClusterSettingsOf } from "./cluster";
export { addressIn } from "./kubernetes-api";
export { databaseOf, parseSettings } from "./parse";
export { SettingsError, type Problem } from "./problems";
export { defaultCheckpoints, settingsSchema } from "./schema";
export type {
  HelmRolloutSettings,
  RolloutSettings,
  SeparateReleasesSettings,
  SharedReleaseSettings,
  ValuesRolloutSettings,
} from "./rollout";
export type {
  AdvancedSettings,
  BackfillSettings,
  JobsSettings,
  Layout,
  Settings,
  StorageMode,
} from "./schema";
export { structured } from "./structured";
export { uriFacts, type UriFacts } from "./uri";
export {
  commandSettings,
  commandSettingsAsText,
  requireIndexNames,
  type CommandSettings,
} from "./file";
export { runsAsJobs } from "./job-rules";
export { connectionStringRules } from "./connection-string-rules";
