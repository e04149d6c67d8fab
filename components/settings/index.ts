/**
 * The settings: every key of `Pulumi.<stack>.yaml`, parsed once into typed values. The Pulumi program imports
 * `program.ts`.
 */
export type { AtlasSettings, ClusterSettings, ClusterSettingsOf } from "./cluster";
export { entryAddress } from "./cluster";
export { connectionStringProblems } from "./connection-rules";
export { resolveContext } from "./context";
export {
  databaseOf,
  drainGateOf,
  foldersOf,
  isUnseen,
  resolveNamespace,
  schemaOptionsOf,
} from "./derived";
export type { Direction, DrainGate } from "./derived";
export {
  commandSettings,
  inspectSettings,
  statedMongoUri,
  type CommandSettings,
  type SettingsSource,
  type ValidSettings,
} from "./file";
export { parseSettings, parseStructured } from "./load";
export { describeProblem, SettingsError, SettingsFileError, type Problem } from "./problems";
export type {
  ChartSettings,
  HelmRolloutSettings,
  RolloutSettings,
  ValuesRolloutSettings,
} from "./rollout";
export { settingsSchema } from "./schema";
export type { JobsSettings, KubernetesSettings, Settings, StorageMode } from "./schema";
export { uriFacts } from "./uri";
