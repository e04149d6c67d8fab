import type * as pulumi from "@pulumi/pulumi";
import type { JobsArgs } from "../step/jobs/program";
import type { JobTarget } from "../step/jobs";
import type { ClusterSettings, ClusterSettingsOf, Direction } from "../settings";
import type { ProgramSettings } from "../settings/program";

/** The settings that say where MongoDB is; the connection strings are secret outputs. */
export type MongoClusterArgs = JobsArgs &
  Pick<
    ProgramSettings,
    | ("cluster" | "mongoUri" | "appMongoUri" | "database" | "direction" | "cutover")
    | ("mongo" | "approvals" | "advanced")
  >;

/** The settings of a stack whose cluster is of this kind. */
export type ClusterArgs<Kind extends ClusterSettings["kind"]> = Omit<
  MongoClusterArgs,
  "cluster"
> & {
  readonly cluster: ClusterSettingsOf<Kind>;
};

/** What every kind gives, the same for all (decision 13). */
export interface ClusterOutputs {
  /** The migrator's connection string; secret; absent on a rollback where no setting has it. */
  readonly uri: pulumi.Output<string> | undefined;
  /** The services' connection string; secret. */
  readonly appUri: pulumi.Output<string> | undefined;
  /** The database's name; absent on a rollback where no setting has it. */
  readonly database: pulumi.Input<string> | undefined;
  /** What decides about the connection strings and is known in every preview; no secret. */
  readonly from?: string;
  /** What has to be there before a user can log in. */
  readonly reachedAfter?: readonly pulumi.Resource[];
  /** The entries of Atlas' access list that are the stack's own, for its next update. */
  readonly ownEntries?: pulumi.Output<string[]> | undefined;
  /** The cluster's name in Atlas, and whether Atlas has paused it as far as the stack knows. */
  readonly pausing?: { readonly name: string; readonly paused: pulumi.Output<boolean> };
}

/** MongoDB as every step takes it: where it is, what the collections are called, and who connects. */
export interface Mongo {
  /** The migrator's connection string; secret; absent on a rollback where no setting has it. */
  readonly uri: pulumi.Output<string> | undefined;
  /** The services' connection string; secret. A local server's is the migrator's. */
  readonly appUri: pulumi.Output<string> | undefined;
  readonly database: pulumi.Input<string> | undefined;
  /** The collection that records the migration and the fences. */
  readonly ledger: string;
  /** The collections' names by role. */
  readonly collections: MongoClusterArgs["mongo"]["collections"];
  /** Whether approvals have their collection. */
  readonly approvals: boolean;
  /** Where the steps run as Jobs; absent: in the engine. */
  readonly job: pulumi.Output<JobTarget> | undefined;
  /** The same for those of the services' user. */
  readonly appJob: pulumi.Output<JobTarget> | undefined;
  readonly direction: Direction;
  /** The setting `cutover`: the cutover that forward makes or keeps, from 1. */
  readonly cutover: number;
}
