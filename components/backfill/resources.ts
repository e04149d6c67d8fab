import type * as pulumi from "@pulumi/pulumi";
import type { CollectionRole } from "../contract";
import { DynamicResource, shim } from "../dynamic/program";
import type { JobTarget } from "../jobs";
import type { Layout } from "../settings";
import type { ImportStage } from "./stage";
import type { ImportReport } from "./tally";
import type { VerificationReport } from "./verify";
import type { Fence, LastCount, WayBack } from "./way-back";

/** Arguments of both resources; `uri` is secret, and absent in filesystem mode. */
export interface StateResourceArgs {
  readonly uri: pulumi.Input<string> | undefined;
  readonly database: pulumi.Input<string> | undefined;
  readonly mode: "mongo" | "filesystem";
  readonly root: string;
  readonly layout: Layout;
  readonly collections: Readonly<Record<CollectionRole, string>>;
  readonly approvals: boolean;
  /** The name of the collection with bases and checkpoints. */
  readonly checkpoints: string;
  /** Where the step runs as a Job; undefined: in the engine. */
  readonly job: pulumi.Input<JobTarget> | undefined;
}

/** Arguments of an import. */
export interface ImportResourceArgs extends StateResourceArgs {
  readonly stage: ImportStage;
}

/** Arguments of a verification. */
export interface VerificationResourceArgs extends StateResourceArgs {
  /** The log's expiry in days; undefined: none. */
  readonly retentionDays: number | undefined;
}

/** Arguments of an export; the connection string may be absent in filesystem mode. */
export interface ExportResourceArgs extends StateResourceArgs {
  readonly stage: "export" | "rest";
  readonly heldRuns: "hold" | "release";
  /** The collection of the migration's record. */
  readonly ledger: string;
  readonly electionSeconds: number;
  readonly abandonMongo?: string | undefined;
  /** What the last verification counted, for the words of a way back. */
  readonly lastCount?: pulumi.Input<LastCount | undefined> | undefined;
}

/** This path is a contract with every existing stack: its state names it. */
const providers = "components/backfill/provider.ts";

const secretOutputs = { additionalSecretOutputs: ["uri"] };

/** An import of filesystem state; it runs once in each cutover. */
export class ImportResource extends DynamicResource {
  /** What the last run did; undefined until one ran. */
  declare readonly report: pulumi.Output<ImportReport | undefined>;

  constructor(name: string, args: ImportResourceArgs, options: pulumi.CustomResourceOptions) {
    const inputs = { ...args, report: undefined };
    const merged = { ...secretOutputs, ...options };
    super(shim(providers, "Import"), name, inputs, merged, "mongo", "Import");
  }
}

/** A verification of filesystem state against MongoDB; it runs once in each cutover. */
export class VerificationResource extends DynamicResource {
  /** What the last run found; undefined until one ran. */
  declare readonly report: pulumi.Output<VerificationReport | undefined>;

  constructor(name: string, args: VerificationResourceArgs, options: pulumi.CustomResourceOptions) {
    const inputs = { ...args, report: undefined };
    const merged = { ...secretOutputs, ...options };
    super(shim(providers, "Verification"), name, inputs, merged, "mongo", "Verification");
  }
}

/** The fence of a cutover, and the export of the way back; each is done once. */
export class ExportResource extends DynamicResource {
  /** Undefined until a cutover reached this step. */
  declare readonly fence: pulumi.Output<Fence | undefined>;
  /** What the last way back did; undefined until there was one. */
  declare readonly wayBack: pulumi.Output<WayBack | undefined>;

  constructor(name: string, args: ExportResourceArgs, options: pulumi.CustomResourceOptions) {
    const inputs = { ...args, fence: undefined, wayBack: undefined };
    const merged = { ...secretOutputs, ...options };
    super(shim(providers, "Export"), name, inputs, merged, "taskrunner", "StateExport");
  }
}
