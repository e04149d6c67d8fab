import { MongoCluster } from "./components/cluster";
import { PackRunMigration } from "./components/migration";
import { programSettings } from "./components/settings";
import { version } from "./package.json";

const settings = programSettings();
const { storageMode: mode, mongo, database } = settings;

// Where MongoDB comes from.
const cluster = new MongoCluster("mongo", settings);
const mongoSide = { uri: cluster.uri, database };

// 1 and 2. Collections with their validators, then the indexes, unique ones first.
const packRunMigration = new PackRunMigration(
  "pack-run-migration",
  {
    ...mongoSide,
    schema: {
      collections: mongo.collections,
      validation: settings.validation,
      indexNames: settings.indexes.names,
      approvals: settings.indexes.approvals,
      tenancy: settings.tenancy,
    },
    ledger: settings.migration.ledger,
    adopt: settings.migration.adopt,
    onDataIssue: settings.migration.onDataIssue,
    toolVersion: version,
  },
  { dependsOn: cluster },
);

export const storageMode = mode;
export { database };
export const collections = packRunMigration.collections;
export const migration = {
  id: packRunMigration.migrationId,
  checksum: packRunMigration.checksum,
  appliedAt: packRunMigration.appliedAt,
};
