/**
 * The package's door for a Pulumi program: the settings, and the components in the order of `index.ts`.
 * `provider.cjs` is its door for the host of dynamic providers.
 */
export { SettingsError } from "./settings";
export { programSettings, settingsOf, type ProgramSettings } from "./settings/program";
export { after, type After } from "./step/program";
export { Services, Update, WebRollout, WorkerDrain, WorkerRollout } from "./rollout/program";
export { MongoCluster, type Mongo } from "./cluster";
export {
  FilesystemBackfill,
  Handover,
  RunFiles,
  SecondHandover,
  Verification,
} from "./transfer/program";
export { LogExpiryLift, LogRetention, PackRunMigration } from "./migration/program";
