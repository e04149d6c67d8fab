import {
  after,
  FilesystemBackfill,
  Handover,
  LogExpiryLift,
  LogRetention,
  MongoCluster,
  PackRunMigration,
  programSettings,
  RunFiles,
  SecondHandover,
  Services,
  Update,
  Verification,
  WebRollout,
  WorkerDrain,
  WorkerRollout,
} from "taskrunner-storage";

const settings = programSettings();
const update = new Update("update", settings);
const cluster = new MongoCluster("mongo", settings, after(update));
const { mongo } = cluster;
const files = new RunFiles(settings);
const state = { mongo, files };

// 1. Create the collections with their validators. 2. Apply the indexes, unique ones first.
const schema = new PackRunMigration("pack-run-migration", settings, state, after(cluster));
const lift = new LogExpiryLift("log-expiry-lift", mongo, after(schema));
// 3. Import the existing runs, while both services still write files, and prove it before any of them stops.
const imported = new FilesystemBackfill("filesystem-backfill", state, after(lift));
// 4. Switch the services over, the worker first. While it is stopped, what it wrote since follows: to
// MongoDB, or on a rollback to the files.
const services = new Services("services", settings, mongo, after(update));
const drain = new WorkerDrain("worker-drain", services, update, after(imported));
const handover = new Handover("handover", { ...state, drain }, after(drain));
const turn = { drain, handover };
const worker = new WorkerRollout("worker-rollout", services, turn, after(handover));
const web = new WebRollout("web-rollout", services, worker, after(worker));
const last = new SecondHandover("second-handover", { ...state, handover }, after(web));
// Prove that nothing is missing, and only then let log entries expire.
const verified = new Verification("verification", state, after(last));
new LogRetention("log-retention", settings, mongo, after(verified));

export const { storageMode } = settings;
export const { cutover } = update;
export const { database, collections } = schema;
const { migrationId: id, checksum, appliedAt } = schema;
export const migration = { id, checksum, appliedAt };
export const { counts: backfill } = imported;
export const { counts: verification } = verified;
export const { rollback } = handover;
const { stoppedSeconds } = worker;
export const rollout = {
  worker: worker.summary,
  web: web.summary,
  stoppedSeconds,
};
export const { connectionSecretRef } = services;
