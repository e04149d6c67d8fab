import * as pulumi from "@pulumi/pulumi";
import type { CollectionRole } from "../contract";
import { childOf } from "../dynamic";
import type { JobTarget } from "../jobs";
import type { AdvancedSettings, BackfillSettings } from "../settings";
import type { ImportStage } from "./stage";
import {
  ExportResource,
  ImportResource,
  VerificationResource,
  type ExportResourceArgs,
  type StateResourceArgs,
} from "./resources";
import type { ImportReport } from "./tally";
import type { VerificationReport } from "./verify";
import type { Fence, WayBack } from "./way-back";
import { lastCountOf } from "./way-back/last-count";

/** What an import or a verification works on. */
export interface BackfillArgs {
  /** The migrator's connection string, secret; it may be absent in filesystem mode. */
  readonly uri: pulumi.Input<string> | undefined;
  readonly database: pulumi.Input<string> | undefined;
  readonly mode: "mongo" | "filesystem";
  /** The collections' names by role. */
  readonly collections: Readonly<Record<CollectionRole, string>>;
  /** Whether approvals are imported too. */
  readonly approvals: boolean;
  readonly settings: BackfillSettings;
  readonly advanced: AdvancedSettings;
  /** Where the steps run as Jobs; absent: in the engine. */
  readonly job?: pulumi.Input<JobTarget> | undefined;
  /** The log's expiry in days, for the verification; absent: none. */
  readonly retentionDays?: number | undefined;
}

/**
 * The import of the filesystem state while the services still work on files: step 3 of the
 * document's "Execution order".
 */
export class FilesystemBackfill extends pulumi.ComponentResource {
  /** What the last run did, by collection. */
  readonly counts: pulumi.Output<ImportReport | undefined>;

  constructor(name: string, args: BackfillArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:FilesystemBackfill", name, {}, options);
    this.counts = importOf("backfill", "backfill", args, childOf(this, options));
    this.registerOutputs({ counts: this.counts });
  }
}

/**
 * The import while no worker runs: without it the worker would start from a stale copy and execute
 * finished steps again (decision 9).
 */
export class DeltaImport extends pulumi.ComponentResource {
  /** What the last run did, by collection. */
  readonly counts: pulumi.Output<ImportReport | undefined>;

  constructor(name: string, args: BackfillArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:DeltaImport", name, {}, options);
    this.counts = importOf("delta-import", "delta", args, childOf(this, options));
    this.registerOutputs({ counts: this.counts });
  }
}

/** The import of what the services still wrote to files until both of them were in Mongo mode. */
export class FinalImport extends pulumi.ComponentResource {
  /** What the last run did, by collection. */
  readonly counts: pulumi.Output<ImportReport | undefined>;

  constructor(name: string, args: BackfillArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:FinalImport", name, {}, options);
    this.counts = importOf("final-import", "final", args, childOf(this, options));
    this.registerOutputs({ counts: this.counts });
  }
}

/** The proof that every record on disk is in MongoDB; it stops `up` where it does not hold. */
export class Verification extends pulumi.ComponentResource {
  /** The counts of both sides and the differences. */
  readonly counts: pulumi.Output<VerificationReport | undefined>;

  constructor(name: string, args: BackfillArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:Verification", name, {}, options);
    const resource = new VerificationResource(
      "verification",
      { ...resourceArgs(args), retentionDays: args.retentionDays },
      childOf(this, options),
    );
    this.counts = resource.report;
    this.registerOutputs({ counts: this.counts });
  }
}

/** What an export works on. */
export interface StateExportArgs extends BackfillArgs {
  /** What becomes of unfinished runs that cannot be exported: `advanced.heldRuns`. */
  readonly heldRuns: "hold" | "release";
  /** The collection of the migration's record, in which a fence is noted: `advanced.ledger`. */
  readonly ledger: string;
}

/**
 * Between the delta import and the worker's rollout, in both directions. In a cutover it draws the
 * fence: when MongoDB became the truth, and which runs were unfinished on disk. On the way back it
 * exports what changed in MongoDB since, or sets unfinished runs aside where MongoDB is out of reach
 * (decision 10).
 */
export class StateExport extends pulumi.ComponentResource {
  readonly fence: pulumi.Output<Fence | undefined>;
  /** What the last way back did. */
  readonly wayBack: pulumi.Output<WayBack | undefined>;

  constructor(name: string, args: StateExportArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:StateExport", name, {}, options);
    const { fence, wayBack } = exportOf("export", "export", args, childOf(this, options));
    [this.fence, this.wayBack] = [fence, wayBack];
    this.registerOutputs({ fence, wayBack });
  }
}

/** What the last export works on. */
export interface FinalExportArgs extends StateExportArgs {
  /** What the last verification found; undefined where there was none. */
  readonly verified: pulumi.Input<VerificationReport | undefined>;
}

/** The export of what web still wrote to MongoDB until both services worked on files again. */
export class FinalExport extends pulumi.ComponentResource {
  /** What the last way back did. */
  readonly wayBack: pulumi.Output<WayBack | undefined>;

  constructor(name: string, args: FinalExportArgs, options: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:FinalExport", name, {}, options);
    // In mongo mode it waits for no verification: one that fails must not keep it out of the stack.
    const verified = args.mode === "filesystem" ? args.verified : undefined;
    const lastCount = pulumi.output(verified).apply((report) => report && lastCountOf(report));
    const counted = { ...args, lastCount };
    this.wayBack = exportOf("final-export", "rest", counted, childOf(this, options)).wayBack;
    this.registerOutputs({ wayBack: this.wayBack });
  }
}

function exportOf(
  name: string,
  stage: "export" | "rest",
  args: StateExportArgs & Pick<ExportResourceArgs, "lastCount">,
  options: pulumi.CustomResourceOptions,
): ExportResource {
  const { heldRuns, ledger, lastCount } = args;
  const { electionSeconds, abandonMongo } = args.advanced;
  const own = { stage, heldRuns, ledger, lastCount, electionSeconds, abandonMongo };
  return new ExportResource(name, { ...resourceArgs(args), ...own }, options);
}

function importOf(
  name: string,
  stage: ImportStage,
  args: BackfillArgs,
  options: pulumi.CustomResourceOptions,
): pulumi.Output<ImportReport | undefined> {
  return new ImportResource(name, { ...resourceArgs(args), stage }, options).report;
}

function resourceArgs(args: BackfillArgs): StateResourceArgs {
  const { uri, database, mode, collections, approvals, settings, job } = args;
  const { layout, checkpoints } = args.advanced;
  const root = rootOf(settings);
  return { uri, database, mode, collections, approvals, root, layout, checkpoints, job };
}

/** The state root; one in a claim is named for people alone. */
function rootOf({ source }: BackfillSettings): string {
  if ("path" in source) return source.path;
  const { persistentVolumeClaim, subPath } = source;
  return `claim ${[persistentVolumeClaim, subPath].filter(Boolean).join("/")}`;
}
