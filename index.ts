import { FilesystemBackfill, FinalImport, Verification } from "./components/backfill";
import { MongoCluster } from "./components/cluster";
import { PackRunMigration } from "./components/migration";
import {
  connectionSecretRef as secretRefOf,
  WebRollout,
  WorkerRollout,
} from "./components/rollout";
import { programSettings } from "./components/settings";
import { version } from "./package.json";

const settings = programSettings();
const { storageMode: mode, mongo, indexes } = settings;

// Where MongoDB comes from.
const cluster = new MongoCluster("mongo", settings);

// 1. Create the collections with their validators. 2. Apply the indexes, unique ones first.
const packRunMigration = new PackRunMigration(
  "pack-run-migration",
  {
    uri: cluster.uri,
    database: cluster.database,
    schema: {
      collections: mongo.collections,
      validation: settings.validation,
      indexNames: indexes.names,
      approvals: indexes.approvals,
      tenancy: settings.tenancy,
    },
    ledger: settings.migration.ledger,
    adopt: settings.migration.adopt,
    onDataIssue: settings.migration.onDataIssue,
    toolVersion: version,
  },
  { dependsOn: cluster },
);

// 3. Backfill the existing filesystem-backed runs, while both services still write files.
const state = settings.backfill && {
  uri: cluster.uri,
  database: cluster.database,
  mode,
  collections: mongo.collections,
  approvals: indexes.approvals,
  settings: settings.backfill,
};
const filesystemBackfill =
  state && new FilesystemBackfill("filesystem-backfill", state, { dependsOn: packRunMigration });

// 4. Switch the services over, the worker first. The way back waits for nothing of MongoDB.
const services = {
  settings: settings.rollout,
  mode,
  collections: mongo.collections,
  database: mongo.database,
};
const imported = [packRunMigration, ...(filesystemBackfill ? [filesystemBackfill] : [])];
const worker = new WorkerRollout("worker-rollout", services, {
  dependsOn: mode === "mongo" ? imported : [],
});
const web = new WebRollout("web-rollout", services, { dependsOn: worker });

// Whatever was still written to files meanwhile, and the proof that nothing is missing.
const finalImport = state && new FinalImport("final-import", state, { dependsOn: web });
const verified = finalImport && new Verification("verification", state, { dependsOn: finalImport });

export const storageMode = mode;
export const database = cluster.database;
export const collections = packRunMigration.collections;
export const migration = {
  id: packRunMigration.migrationId,
  checksum: packRunMigration.checksum,
  appliedAt: packRunMigration.appliedAt,
};
export const backfill = filesystemBackfill?.counts;
export const verification = verified?.counts;
export const rollout = { worker: worker.summary, web: web.summary };
export const connectionSecretRef = secretRefOf(settings.rollout);
