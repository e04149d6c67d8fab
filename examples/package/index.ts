import { programSettings, TaskRunnerStorage } from "taskrunner-storage";

// The stack file has the settings; docs/settings.md lists them.
const settings = programSettings();
const storage = new TaskRunnerStorage("taskrunner", settings);

// The outputs that the commands, the next update and docs/runbook.md know.
export const { storageMode } = settings;
export const { cutover, database, migration, backfill } = storage;
export const { verification, rollback, rollout, connectionSecretRef } = storage;
