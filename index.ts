import { programSettings, TaskRunnerStorage } from "./components/program";

// The steps, in the specification's order, are in components/task-runner-storage.ts.
const settings = programSettings();
const storage = new TaskRunnerStorage("taskrunner", settings);

export const { storageMode } = settings;
export const { cutover, database, migration, backfill } = storage;
export const { verification, rollback, rollout, connectionSecretRef } = storage;
