import * as pulumi from "@pulumi/pulumi";
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
import { drainGateOf, isUnseen } from "./settings";
import {
  isProgramSettings,
  settingsOf,
  statedSettings,
  type ProgramSettings,
  type TaskRunnerStorageArgs,
} from "./settings/program";
import {
  after as waitFor,
  onlyInstance,
  requirePlugins,
  StepGroup,
  valuesKnown,
  type StepOptions,
} from "./step/program";
import {
  FirstVerification,
  FilesystemBackfill,
  FinalPass,
  Handover,
  requireOwnState,
  RunFiles,
  Verification,
} from "./transfer/program";
import { describeUpdate, type UpdateResult } from "./update-result";

/**
 * An environment of the Task Runner, on files or on MongoDB. The setting `storageMode` says where `pulumi up` takes it;
 * its steps are a cutover or a rollback.
 *
 * @example
 * ```typescript
 * // The settings of Pulumi.<stack>.yaml.
 * const storage = new TaskRunnerStorage("taskrunner", programSettings());
 * ```
 * @example
 * ```typescript
 * // Settings of the program, with a server that it creates.
 * const storage = new TaskRunnerStorage("taskrunner", {
 *   storageMode: "mongo",
 *   mongoUri: server.connectionString,
 *   backfill: { source: { path: "/var/lib/taskrunner" } },
 *   rollout: { target: "values", directory: "deploy", confirm: "none" },
 * });
 * ```
 */
export class TaskRunnerStorage extends StepGroup {
  /** The number that the setting `cutover` has to have in the next `pulumi up` with `storageMode: mongo`. */
  readonly cutover: Update["cutover"];
  /** The name of the database, such as `taskrunner`; in a rollback of the last one. */
  readonly database: PackRunMigration["database"];
  /** The names of the collections, such as `["pack_runs", "pack_run_logs", …]`. */
  readonly collections: PackRunMigration["collections"];
  /** The schema that MongoDB has: its name, its SHA-256, and when it was applied (ISO 8601, UTC). */
  readonly migration: Readonly<{
    id: string;
    checksum: string;
    appliedAt: PackRunMigration["appliedAt"];
  }>;
  /** The records of each collection that the last import read on disk; null before the first one. */
  readonly backfill: FirstVerification["totals"];
  /** The records of each collection that MongoDB had at the last verification, and whether it holds; null before it. */
  readonly verification: Verification["totals"];
  /** What the last rollback exported, and how many runs it held; null without one since the last cutover. */
  readonly rollback: FinalPass["rollback"];
  /** The modes of worker and web, and how long the last cutover or rollback stopped the worker. */
  readonly rollout: Readonly<{
    worker: WorkerRollout["summary"];
    web: WebRollout["summary"];
    stoppedSeconds: WorkerRollout["stoppedSeconds"];
  }>;
  /**
   * The Secret with the services' connection string.
   *
   * @example
   * ```typescript
   * const secretName = storage.connectionSecretRef.apply(({ name }) => name);
   * ```
   */
  readonly connectionSecretRef: Services["connectionSecretRef"];

  /**
   * @param name the name of the environment; all its resources begin with it, such as `taskrunner-pack_runs`
   * @param args its settings, or what `programSettings()` or `settingsOf()` made of them
   * @throws ProgramError with every problem of the settings, before any step
   */
  constructor(name: string, args: TaskRunnerStorageArgs, options?: StepOptions) {
    super("TaskRunnerStorage", name, options);
    const settings = isProgramSettings(args) ? args : settingsOf(args, [], this);
    requirePlugins(settings, this);
    const after = (...steps: readonly StepGroup[]) => ({ parent: this, ...waitFor(...steps) });

    const files = new RunFiles(settings);
    const { mongoUri, appMongoUri } = settings;
    // Before the first step, the rules that wait for another resource hold, and no other environment has the files.
    const ready = valuesKnown(mongoUri, appMongoUri, requireOwnState(name, settings, this));
    const first = { parent: this, dependsOn: [...this.before, ready] };
    const update = new Update("update", { ...settings, files }, first);
    // guarantee: nothing changes before the check of the services
    const cluster = new MongoCluster("mongo", settings, after(update));
    const { mongo } = cluster;
    const state = { mongo, files };
    const { webOnFilesAt } = update;

    // 1. Create the collections with their validators. 2. Apply the indexes, unique ones first.
    const wanted = { ...settings, ...state, update };
    const schema = new PackRunMigration("pack-run-migration", wanted, after(cluster));
    const { takenOver } = schema;
    const noTtl = new SuspendLogTtl("suspend-log-ttl", state, after(schema));
    // 3. The bulk pass: import the existing runs while both services still write files.
    const imported = new FilesystemBackfill(
      "filesystem-backfill",
      { ...state, takenOver, webOnFilesAt },
      after(noTtl),
    );
    // One pod of web starts on MongoDB, while both services work on files.
    const { appUri } = mongo;
    const services = new Services("services", { ...settings, appUri, webOnFilesAt }, after(update));
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
    const web = new WebRollout("web-rollout", { services, webOnFilesAt, worker }, after(worker));
    // The final pass: what web wrote until its own rollout.
    const passes = { imported, handover, web, takenOver, update };
    const final = new FinalPass("final-pass", { ...state, ...passes }, after(web));
    // The final verification. Only after it may log entries expire.
    const verified = new Verification("verification", { ...state, final }, after(final));
    const { ended: over } = new LogRetention(
      "log-retention",
      { ...settings, mongo, verified },
      after(verified),
    );

    const { migrationId: id, checksum, appliedAt } = schema;
    this.cutover = update.cutover;
    this.database = schema.database;
    this.collections = schema.collections;
    this.migration = { id, checksum, appliedAt };
    this.backfill = firstVerification.totals;
    this.verification = verified.totals;
    this.rollback = final.rollback;
    const { stoppedSeconds } = worker;
    this.rollout = { worker: worker.summary, web: web.summary, stoppedSeconds };
    this.connectionSecretRef = services.connectionSecretRef;
    const last = pulumi
      .all([handover.cutoverAt, update.ended, over])
      .apply(([cutoverAt, ended]) => ({ cutoverAt, ended }));
    // The engine waits for a component's outputs, so it waits for the last line.
    this.registerOutputs({
      logged: this.logResult(name, settings, files, last),
      settings: statedSettings(settings),
    });
  }

  /**
   * Logs the last lines of an update; none in a preview.
   *
   * @param last known once all steps are done
   */
  private logResult(
    name: string,
    { cutover, rollout, jobs, ...settings }: ProgramSettings,
    { root }: RunFiles,
    last: pulumi.Output<Pick<UpdateResult, "cutoverAt" | "ended">>,
  ): pulumi.Output<void> | undefined {
    if (pulumi.runtime.isDryRun()) return undefined;
    const { backfill: imported, verification: verified, rollback: rolledBack } = this;
    const asked = {
      instance: name === onlyInstance ? undefined : name,
      beganAt: new Date().toISOString(),
      cutover,
      gate: drainGateOf({ ...settings, cutover, rollout }),
      root,
      hasJobs: jobs !== undefined,
    };
    const found = { last, services: this.rollout, imported, verified, rolledBack };
    return pulumi.output(found).apply(async ({ last, services, ...results }) => {
      const { worker, web, stoppedSeconds } = services;
      const modes = { worker: worker.mode, web: web.mode };
      const unseen = isUnseen(rollout)
        ? [worker, web].flatMap((one) => ("file" in one ? one.file : []))
        : [];
      const lines = describeUpdate({
        ...asked,
        ...last,
        ...results,
        modes,
        unseen,
        stoppedSeconds,
      });
      for (const line of lines) await pulumi.log.info(line);
    });
  }
}
