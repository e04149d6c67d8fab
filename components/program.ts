/**
 * The package's door for a Pulumi program: the component of an environment, its settings, and its parts. `provider.cjs`
 * is its door for the host of dynamic providers.
 */
export { TaskRunnerStorage } from "./task-runner-storage";
export {
  ProgramError,
  programSettings,
  settingsOf,
  type ProgramSettings,
  type TaskRunnerStorageArgs,
} from "./settings/program";
export { after, type StepOptions } from "./step/program";
export { Services, Update, WebRollout, WorkerDrain, WorkerRollout } from "./rollout/program";
export { MongoCluster, type Mongo } from "./cluster";
export {
  FirstVerification,
  FilesystemBackfill,
  FinalPass,
  Handover,
  RunFiles,
  Verification,
} from "./transfer/program";
export { LogRetention, PackRunMigration, SuspendLogTtl } from "./migration/program";
