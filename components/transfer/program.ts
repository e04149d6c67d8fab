import * as pulumi from "@pulumi/pulumi";
import { warning } from "../text";
import type { Mongo } from "../cluster";
import type { StateFolders } from "../contract";
import type { DrainSnapshot } from "../kubernetes";
import { drainGateOf, foldersOf, type Direction, type DrainGate, type Settings } from "../settings";
import type { StateAddress } from "../state";
import { logFinding, StepGroup, StepResource, type StepOptions } from "../step/program";
import type { RollbackResults } from "./rollback/rollback";
import * as kinds from "./steps/inputs";
import type { Report } from "./reports";
import {
  type ImportTotals,
  type RecordTotals,
  type RollbackTotals,
  type VerificationTotals,
  totalImport,
  totalRollback,
  totalVerification,
} from "./totals";

export { listTotals } from "./describe/sections";
export type { ImportTotals, RecordTotals, RollbackTotals, VerificationTotals } from "./totals";

export { requireOwnState } from "./own-state";

type RunFilesSettings = Pick<
  Settings,
  "backfill" | "approvals" | "advanced" | "rollout" | "storageMode" | "cutover"
>;

/** The runs on disk; nothing is imported or exported if the settings have no `backfill`. */
export class RunFiles {
  /** Inputs shared by the state steps; undefined without `backfill`. */
  readonly state: StateArgs | undefined;
  /** The state directory; of one in a PersistentVolumeClaim, only the name for messages. */
  readonly root: string | undefined;
  /** The folders of the stores below it. */
  readonly folders: StateFolders;
  /** The gate before the worker's drain. */
  readonly gate: DrainGate;

  constructor(settings: RunFilesSettings) {
    const { backfill, advanced } = settings;
    this.gate = drainGateOf(settings);
    this.folders = foldersOf(settings);
    if (!backfill) return;
    const { source } = backfill;
    if ("path" in source) this.root = source.path;
    else {
      const { persistentVolumeClaim, subPath } = source;
      this.root = `claim ${[persistentVolumeClaim, subPath].filter(Boolean).join("/")}`;
    }
    this.state = stateArgs({ root: this.root, folders: this.folders }, advanced);
  }
}

type StateArgs = ReturnType<typeof stateArgs>;

function stateArgs(state: StateAddress, advanced: Settings["advanced"]) {
  const { electionSeconds, abandonMongo, exportUnconfirmed } = advanced;
  const { acceptQuarantined, acceptForms } = advanced;
  const primary = { electionSeconds, abandonMongo, exportUnconfirmed };
  return { sides: { ...state, acceptQuarantined, acceptForms }, primary };
}

interface StateStepArgs {
  readonly mongo: Mongo;
  readonly files: RunFiles;
}

interface PassArgs extends StateStepArgs {
  /** The cutover of services that the stack took over, for which nothing is imported; otherwise empty. */
  readonly takenOver: pulumi.Output<string>;
}

interface BackfillArgs extends PassArgs {
  /** When web was last found on files after a cutover; undefined if it never was. */
  readonly webOnFilesAt?: pulumi.Output<string>;
}

/**
 * The bulk pass, while both services are at work. On a rollback it exports what changed in MongoDB.
 */
export class FilesystemBackfill extends StepGroup {
  /** The results of the last import; null if there was none. */
  readonly report: pulumi.Output<Report<"import"> | null>;
  /** What the last rollback wrote to files before the drain; null if nothing. */
  readonly exported: pulumi.Output<RecordTotals | null>;
  /** When the last run imported, in ISO 8601, UTC; undefined if it imported nothing. */
  readonly importedAt: pulumi.Output<string>;

  constructor(
    name: string,
    { mongo, files, takenOver, webOnFilesAt }: BackfillArgs,
    options?: StepOptions,
  ) {
    super("FilesystemBackfill", name, options, { isSkipped: !files.state });
    const { state, gate } = files;
    const asked = { gate, takenOver, webOnFilesAt };
    const inputs = state && { ...stateInputs(mongo, state), ...state.primary, ...asked };
    const step = inputs && new StepResource(kinds.BulkPass, "bulk-pass", inputs, this.ofChildren);
    this.report = orNull(step?.output("report"));
    this.exported = orNull(step?.output("exported"));
    // The type of an input does not allow undefined, and an output may be it.
    const importedAt = step?.output("importedAt") ?? pulumi.output(undefined);
    this.importedAt = importedAt as pulumi.Output<string>;
    this.registerOutputs();
  }
}

interface FirstVerificationArgs extends StateStepArgs {
  readonly imported: FilesystemBackfill;
  /** When web's canary last began to work in MongoDB, in ISO 8601, UTC; absent without one. */
  readonly canaryAt?: pulumi.Output<string>;
}

/**
 * The first verification of the bulk pass, the last step while both services work on files. It is skipped in a rollback.
 */
export class FirstVerification extends StepGroup {
  /** The records on disk that the last import read; null if there was none. */
  readonly totals: pulumi.Output<ImportTotals | null>;
  /** When the latest first verification ended (ISO 8601, UTC), and how long the import of later changes took. */
  readonly verifiedImport: pulumi.Output<
    { readonly at: string; readonly importMs: number } | undefined
  >;

  constructor(
    name: string,
    { mongo, files, imported, canaryAt }: FirstVerificationArgs,
    options?: StepOptions,
  ) {
    super("FirstVerification", name, options, {
      isSkipped: mongo.direction === "back" || !files.state,
    });
    const { state, gate } = files;
    const { importedAt } = imported;
    const inputs = state && { ...stateInputs(mongo, state), gate, importedAt, canaryAt };
    const step =
      inputs &&
      new StepResource(kinds.FirstVerification, "first-verification", inputs, this.ofChildren);
    const report = orNull(step?.output("report"));
    this.totals = pulumi.all([imported.report, report]).apply(([bulk, own]) => {
      const last = own ?? bulk;
      return last && totalImport(last);
    });
    this.verifiedImport = pulumi.all([step?.output("verifiedAt"), report]).apply(([at, own]) => {
      return at === undefined ? undefined : { at, importMs: own?.firstVerification?.importMs ?? 0 };
    });
    this.registerOutputs();
  }
}

interface DrainArgs {
  /** The direction that it goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
  readonly drained: {
    readonly stoppedAt?: pulumi.Output<string>;
    readonly drainSnapshot?: pulumi.Output<DrainSnapshot>;
  };
}

/**
 * The delta pass, while no worker runs. On a cutover, it imports what the worker wrote since the bulk pass, and records
 * the cutover. On a rollback, it exports what changed in MongoDB.
 */
export class Handover extends StepGroup {
  /** The direction that it goes, or went last; without `backfill`: the drain's. */
  readonly direction: pulumi.Output<Direction>;
  /** When the cutover was recorded, in ISO 8601; undefined until a cutover has come this far. */
  readonly cutoverAt: pulumi.Output<string>;
  /** The results of its last rollback; null if there was none since the last cutover. */
  readonly rollback: pulumi.Output<RollbackResults | null>;

  constructor(
    name: string,
    { mongo, files, drain, takenOver }: PassArgs & { readonly drain: DrainArgs },
    options?: StepOptions,
  ) {
    const { direction } = mongo;
    super("Handover", name, options, { isSkipped: !files.state });
    if (!files.state && direction === "back") void logFinding(warning("no-export", noExport), this);
    const inputs = files.state && {
      ...stateInputs(mongo, files.state),
      ...files.state.primary,
      takenOver,
      stack: `${pulumi.getProject()}/${pulumi.getStack()}`,
      // The handover depends on the drain, so that it never runs beside a live worker, even with `--target`.
      direction: drain.direction,
      stoppedAt: drain.drained.stoppedAt,
      drainSnapshot: drain.drained.drainSnapshot,
    };
    const step = inputs && new StepResource(kinds.Handover, "handover", inputs, this.ofChildren);
    this.direction = step?.lastDirection ?? drain.direction;
    // The type of an input does not allow undefined, and an output may be it.
    const at = step?.output("cutoverRecord").apply((cutoverRecord) => cutoverRecord?.at);
    this.cutoverAt = (at ?? pulumi.output(undefined)) as pulumi.Output<string>;
    this.rollback = orNull(step?.output("rollback"));
    this.registerOutputs({ cutoverAt: this.cutoverAt });
  }
}

interface After {
  /** The direction that the step before goes, or went last. */
  readonly direction: pulumi.Output<Direction>;
}

interface FinalPassArgs extends PassArgs {
  readonly imported: FilesystemBackfill;
  readonly handover: Handover;
  readonly web: After & { readonly replacedSince?: pulumi.Output<string> };
  /** Whether the program sees when web is deployed. */
  readonly update: { readonly confirm: "none" | undefined };
}

/** The final pass, after web's rollout: imports, or on a rollback exports, what web wrote until then. */
export class FinalPass extends StepGroup {
  /** The direction that it goes, or went last; without `backfill`: web's. */
  readonly direction: pulumi.Output<Direction>;
  /** What all passes of the last rollback exported; null if there was none since the last cutover. */
  readonly rollback: pulumi.Output<RollbackTotals | null>;

  constructor(
    name: string,
    { mongo, files, imported, handover, takenOver, web, update }: FinalPassArgs,
    options?: StepOptions,
  ) {
    super("FinalPass", name, options, { isSkipped: !files.state });
    const { direction, replacedSince: webOnFilesAt } = web;
    this.direction = direction;
    this.rollback = pulumi.output(null);
    if (files.state) {
      const { cutoverAt } = handover;
      const { primary } = files.state;
      const state = { ...stateInputs(mongo, files.state), ...primary };
      const { confirm } = update;
      const inputs = { ...state, cutoverAt, direction, takenOver, webOnFilesAt, confirm };
      const step = new StepResource(kinds.FinalPass, "final-pass", inputs, this.ofChildren);
      this.direction = step.lastDirection;
      const passes = pulumi.all([handover.rollback, step.output("rollback")]);
      this.rollback = pulumi.all([imported.exported, passes]).apply(([before, reports]) => {
        return totalRollback(
          before,
          reports.flatMap((report) => report ?? []),
        );
      });
    }
    this.registerOutputs();
  }
}

/** The comparison that finds every record on disk in MongoDB; it stops `up` if it does not hold. */
export class Verification extends StepGroup {
  /** What MongoDB had; null if there was none. */
  readonly totals: pulumi.Output<VerificationTotals | null>;
  /**
   * Forward once the verification has run in this cutover: the log expiry waits for it. Without `backfill`: the final
   * pass's.
   */
  readonly direction: pulumi.Output<Direction>;

  constructor(
    name: string,
    { mongo, files, final }: StateStepArgs & { readonly final: After },
    options?: StepOptions,
  ) {
    const isBack = mongo.direction === "back";
    super("Verification", name, options, { isSkipped: isBack || !files.state });
    const direction = isBack ? pulumi.output<Direction>("back") : final.direction;
    const inputs = files.state && { ...stateInputs(mongo, files.state), direction };
    const step =
      inputs && new StepResource(kinds.Verification, "verification", inputs, this.ofChildren);
    this.totals = orNull(
      step?.output("report").apply((report) => report && totalVerification(report)),
    );
    this.direction = direction.apply((asked) => {
      if (asked === "back" || !step) return pulumi.output(asked);
      const last = pulumi.all([step.lastDirection, step.output("cutover")]);
      return last.apply(([went, cutover]) => (cutover === mongo.cutover ? went : "back"));
    });
    this.registerOutputs();
  }
}

function stateInputs(mongo: Mongo, { sides }: StateArgs) {
  const { direction, uri, database, collections, approvals, job, cutover, ledger } = mongo;
  return { direction, cutover, uri, database, job, collections, approvals, ledger, ...sides };
}

function orNull<Value>(output: pulumi.Output<Value | undefined> | undefined) {
  return output ? output.apply((value) => value ?? null) : pulumi.output(null);
}

// The steps whose state shows whether the services worked on MongoDB are deleted with the section.
const noExport =
  "The settings have no section `backfill`, so nothing is exported from MongoDB and no unfinished run " +
  "is held. If the services use MongoDB now, the worker would continue with files as old as the cutover " +
  "and repeat steps. In that case restore the section, run `pulumi up` with `storageMode: mongo`, which " +
  "records a new cutover, and roll back after that.";
