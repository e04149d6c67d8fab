import { MongoCluster } from "./cluster";
import { LogRetention, PackRunMigration, SuspendLogTtl } from "./migration/program";
import {
  Canary,
  Services,
  Update,
  WebRollout,
  WorkerDrain,
  WorkerRollout,
} from "./rollout/program";
import type { ProgramSettings } from "./settings/program";
import { after as waitFor, StepGroup, type StepOptions } from "./step/program";
import {
  FirstVerification,
  FilesystemBackfill,
  FinalPass,
  Handover,
  RunFiles,
  Verification,
} from "./transfer/program";

/**
 * An environment of the Task Runner on MongoDB or on files: the specification's "Execution order" as one list
 * of steps. The setting `storageMode` says in which direction they go.
 */
export class TaskRunnerStorage extends StepGroup {
  /** The number that `storageMode: mongo` has to name in the next update. */
  readonly cutover: Update["cutover"];
  readonly database: PackRunMigration["database"];
  readonly collections: PackRunMigration["collections"];
  /** The ledger's record. */
  readonly migration: Readonly<{
    id: string;
    checksum: string;
    appliedAt: PackRunMigration["appliedAt"];
  }>;
  readonly backfill: FirstVerification["counts"];
  readonly verification: Verification["counts"];
  readonly rollback: Handover["rollback"];
  readonly rollout: Readonly<{
    worker: WorkerRollout["summary"];
    web: WebRollout["summary"];
    stoppedSeconds: WorkerRollout["stoppedSeconds"];
  }>;
  readonly connectionSecretRef: Services["connectionSecretRef"];

  constructor(name: string, settings: ProgramSettings, options?: StepOptions) {
    super("TaskRunnerStorage", name, options);
    const after = (...steps: readonly StepGroup[]) => ({ parent: this, ...waitFor(...steps) });

    const files = new RunFiles(settings);
    const first = { parent: this, dependsOn: this.before };
    const update = new Update("update", { ...settings, files }, first);
    // guarantee: nothing changes before the check of the services
    const cluster = new MongoCluster("mongo", settings, after(update));
    const { mongo } = cluster;
    const state = { mongo, files };

    // 1. Create the collections with their validators. 2. Apply the indexes, unique ones first.
    const wanted = { ...settings, ...state, update };
    const schema = new PackRunMigration("pack-run-migration", wanted, after(cluster));
    const { takenOver } = schema;
    const noTtl = new SuspendLogTtl("suspend-log-ttl", state, after(schema));
    // 3. The bulk pass: import the existing runs while both services still write files.
    const imported = new FilesystemBackfill(
      "filesystem-backfill",
      { ...state, takenOver },
      after(noTtl),
    );
    // One pod of web starts on MongoDB, while both services work on files.
    const { appUri } = mongo;
    const services = new Services("services", { ...settings, appUri }, after(update));
    const canary = new Canary("canary", { services, takenOver }, after(imported));
    // The first verification: the import is complete, and the pod changed nothing of it.
    const { ranAt: canaryAt } = canary;
    const bulk = { ...state, imported, ...(canaryAt && { canaryAt }) };
    const firstVerification = new FirstVerification("first-verification", bulk, after(canary));
    // 4. Change the services over, the worker first. The handover is the delta pass: it imports, or in a rollback
    // exports, the changes since the bulk pass, while no worker runs.
    const { verifiedImport } = firstVerification;
    const before = { services, update, verifiedImport, takenOver };
    const drain = new WorkerDrain("worker-drain", before, after(firstVerification));
    const handover = new Handover("handover", { ...state, drain, takenOver }, after(drain));
    const drained = { services, drain, handover };
    const worker = new WorkerRollout("worker-rollout", drained, after(handover));
    const web = new WebRollout("web-rollout", { services, worker }, after(worker));
    // The final pass: what web wrote until its own rollout.
    const final = new FinalPass("final-pass", { ...state, handover, web, takenOver }, after(web));
    // The final verification. Only after it may log entries expire.
    const verified = new Verification("verification", { ...state, final }, after(final));
    new LogRetention("log-retention", { ...settings, mongo, verified }, after(verified));

    const { migrationId: id, checksum, appliedAt } = schema;
    this.cutover = update.cutover;
    this.database = schema.database;
    this.collections = schema.collections;
    this.migration = { id, checksum, appliedAt };
    this.backfill = firstVerification.counts;
    this.verification = verified.counts;
    this.rollback = handover.rollback;
    const { stoppedSeconds } = worker;
    this.rollout = { worker: worker.summary, web: web.summary, stoppedSeconds };
    this.connectionSecretRef = services.connectionSecretRef;
    this.registerOutputs();
  }
}
