import { FilesystemBackfill, FinalImport, Verification } from "./components/backfill/program";
import { MongoCluster } from "./components/cluster";
import { LogExpiryLift, LogRetention, PackRunMigration } from "./components/migration/program";
import {
  connectionSecretRef as secretRefOf,
  WebRollout,
  WorkerRollout,
} from "./components/rollout";
import { programSettings } from "./components/settings/program";
import { version } from "./package.json";

const settings = programSettings();
const { storageMode: mode, mongo, indexes } = settings;

// Where MongoDB comes from.
const cluster = new MongoCluster("mongo", settings);
const { uri, database: databaseName } = cluster;

// 1. Create the collections with their validators. 2. Apply the indexes, unique ones first.
const { ledger, adopt, onDataIssue } = settings.migration;
const schema = {
  collections: mongo.collections,
  validation: settings.validation,
  indexNames: indexes.names,
  approvals: indexes.approvals,
  tenancy: settings.tenancy,
};
const packRunMigration = new PackRunMigration(
  "pack-run-migration",
  { uri, database: databaseName, schema, ledger, adopt, onDataIssue, toolVersion: version },
  { dependsOn: cluster },
);

// 3. Backfill the existing filesystem-backed runs, while both services still write files. No log
// entry may expire meanwhile.
const logs = { uri, database: databaseName, ledger, mode, collection: mongo.collections.logs };
const lifted = new LogExpiryLift("log-expiry-lift", logs, { dependsOn: packRunMigration });
const state = settings.backfill && {
  uri,
  database: databaseName,
  mode,
  collections: mongo.collections,
  approvals: indexes.approvals,
  settings: settings.backfill,
  retentionDays: settings.logRetentionDays,
};
const filesystemBackfill =
  state && new FilesystemBackfill("filesystem-backfill", state, { dependsOn: lifted });

// 4. Switch the services over, the worker first. The way back waits for nothing of MongoDB.
const services = {
  settings: settings.rollout,
  mode,
  collections: mongo.collections,
  database: mongo.database,
};
const worker = new WorkerRollout("worker-rollout", services, {
  dependsOn: mode === "mongo" ? (filesystemBackfill ?? lifted) : [],
});
const web = new WebRollout("web-rollout", services, { dependsOn: worker });

// Import what was still written to files meanwhile, prove that nothing is missing, and only then
// let log entries expire.
const finalImport = state && new FinalImport("final-import", state, { dependsOn: web });
const verified = finalImport && new Verification("verification", state, { dependsOn: finalImport });
const days = settings.logRetentionDays ?? 0;
new LogRetention("log-retention", { ...logs, days }, { dependsOn: verified ?? web });

export const storageMode = mode;
export const database = packRunMigration.database;
export const collections = packRunMigration.collections;
export const migration = {
  id: packRunMigration.migrationId,
  checksum: packRunMigration.checksum,
  appliedAt: packRunMigration.appliedAt,
};
export const backfill = filesystemBackfill?.counts ?? null;
export const verification = verified?.counts ?? null;
export const rollout = { worker: worker.summary, web: web.summary };
export const connectionSecretRef = secretRefOf(settings.rollout);
