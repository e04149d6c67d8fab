import type * as pulumi from "@pulumi/pulumi";
import {
  DeltaImport,
  FilesystemBackfill,
  FinalExport,
  FinalImport,
  StateExport,
  Verification,
  warnOfNoExport,
} from "./components/backfill/program";
import { MongoCluster } from "./components/cluster";
import { after } from "./components/dynamic";
import { jobsOf } from "./components/jobs/program";
import { LogExpiryLift, LogRetention, PackRunMigration } from "./components/migration/program";
import {
  releaseStepOf,
  Services,
  serviceModes,
  WebRollout,
  WorkerDrain,
  WorkerRollout,
} from "./components/rollout/program";
import { programSettings } from "./components/settings/program";
import { version } from "./package.json";

const settings = programSettings();
const { storageMode: mode, mongo, approvals, advanced } = settings;
/** What a step waits for in mongo mode alone: the way back waits for nothing of MongoDB. */
const onMongo = <Step>(step: Step) => (mode === "mongo" ? step : undefined);

// Where one release holds both services, they change over one an update: what would take both at once
// is refused before anything else, and what comes after web waits for its update.
const step = releaseStepOf(settings);
const modes = serviceModes(mode, settings.rollout);

// Where MongoDB comes from.
const cluster = new MongoCluster("mongo", settings, after(step));
const { uri, database: databaseName } = cluster;
// What runs as Jobs, where the cluster alone reaches the database.
const jobs = jobsOf(settings, cluster.exportUri);
const job = jobs?.target;

// 1. Create the collections with their validators. 2. Apply the indexes, unique ones first.
const { adopt, onDataIssue } = settings.migration;
const { ledger } = advanced;
const schema = {
  collections: mongo.collections,
  validation: settings.validation,
  indexNames: advanced.indexNames,
  approvals,
  tenancy: settings.tenancy,
};
const packRunMigration = new PackRunMigration(
  "pack-run-migration",
  {
    ...{ uri, database: databaseName, schema, ledger, adopt, onDataIssue, toolVersion: version },
    job: job && { target: job, mode },
  },
  after(cluster, step),
);

// 3. Backfill the existing filesystem-backed runs, while both services still write files. No log
// entry may expire meanwhile.
const logs = { uri, database: databaseName, ledger, mode, job, collection: mongo.collections.logs };
const lifted = new LogExpiryLift("log-expiry-lift", logs, after(packRunMigration));
const state = settings.backfill && {
  uri,
  database: databaseName,
  mode,
  collections: mongo.collections,
  approvals,
  settings: settings.backfill,
  advanced,
  job,
  retentionDays: settings.logRetentionDays,
};
const filesystemBackfill =
  state && new FilesystemBackfill("filesystem-backfill", state, after(lifted));

// 4. Switch the services over, the worker first. While it is stopped, what it wrote since goes over:
// to MongoDB, or on the way back to files.
const services = new Services(
  "services",
  {
    settings: settings.rollout,
    kubernetes: settings.kubernetes,
    mode,
    collections: mongo.collections,
    database: mongo.database,
    appUri: cluster.appUri,
  },
  after(step),
);
const beforeDrain = onMongo(filesystemBackfill ?? lifted);
const drain = new WorkerDrain("worker-drain", services, after(beforeDrain, step));
if (!state && mode === "filesystem") warnOfNoExport(drain);
const delta = state && new DeltaImport("delta-import", state, after(beforeDrain, onMongo(drain)));
const stateBack = state && {
  ...state,
  uri: cluster.exportUri,
  heldRuns: advanced.heldRuns,
  ledger,
};
const exported = stateBack && new StateExport("export", stateBack, after(drain, onMongo(delta)));
// Before any pod of web may write to MongoDB the stack knows it, so that the way back exports what web
// wrote also where its rollout did not come to an end.
const last = stateBack && { ...stateBack, mode: modes.web };
const noted =
  last?.mode === "mongo"
    ? new FinalExport("final-export", { ...last, verified: undefined }, after(exported))
    : undefined;
const worker = new WorkerRollout(
  "worker-rollout",
  services,
  drain,
  after(beforeDrain, drain, exported, noted),
);
const web = new WebRollout("web-rollout", services, after(worker));

// Import what was still written to files meanwhile, prove that nothing is missing, and only then
// let log entries expire.
const rest = state && { ...state, mode: modes.both };
const finalImport = rest && new FinalImport("final-import", rest, after(web));
const verified = finalImport && new Verification("verification", rest, after(finalImport));
// On the way back, export what was still written to MongoDB; without it, say what was there.
if (last && !noted) {
  new FinalExport("final-export", { ...last, verified: verified?.counts }, after(web));
}
const days = settings.logRetentionDays ?? 0;
new LogRetention("log-retention", { ...logs, mode: modes.both, days }, after(web, verified));

export const storageMode = mode;
export const database = packRunMigration.database;
export const collections = packRunMigration.collections;
export const migration = {
  id: packRunMigration.migrationId,
  checksum: packRunMigration.checksum,
  appliedAt: packRunMigration.appliedAt,
};
export const backfill = known(filesystemBackfill?.counts);
export const verification = known(verified?.counts);
export const wayBack = known(exported?.wayBack);
export const rollout = { worker: worker.summary, web: web.summary, next: step?.next };
export const { connectionSecretRef } = services;

/** An output of a step that a stack has and that has run; else null. */
function known<Value>(output: pulumi.Output<Value | undefined> | undefined) {
  return output?.apply((value) => value ?? null) ?? null;
}
