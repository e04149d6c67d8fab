import type * as pulumi from "@pulumi/pulumi";
import type { JobsArgs } from "../step/stack-jobs";
import type { JobTarget } from "../step/jobs";
import type { ClusterSettings, ClusterSettingsOf, Direction } from "../settings";
import type { ProgramSettings } from "../settings/program";

/** The settings of the cluster; connection strings are secret outputs. */
export type MongoClusterArgs = JobsArgs &
  Pick<
    ProgramSettings,
    | ("cluster" | "mongoUri" | "appMongoUri" | "database" | "direction" | "cutover")
    | ("mongo" | "approvals" | "advanced")
  >;

/** The settings of a stack with this kind of cluster. */
export type ClusterArgs<Kind extends ClusterSettings["kind"]> = Omit<
  MongoClusterArgs,
  "cluster"
> & {
  readonly cluster: ClusterSettingsOf<Kind>;
};

/** The outputs that all kinds have in common. */
export interface ClusterOutputs {
  /** The migrator's connection string; secret; absent on a rollback if no setting has it. */
  readonly uri: pulumi.Output<string> | undefined;
  /** The services' connection string; secret. */
  readonly appUri: pulumi.Output<string> | undefined;
  /** The database name; absent on a rollback without a setting for it. */
  readonly database: pulumi.Input<string> | undefined;
  /** The parts of the connection strings that are known in every preview; not secret. */
  readonly from?: string;
  /** Resources that must exist before a log-in can succeed. */
  readonly reachedAfter?: readonly pulumi.Resource[];
}

/** MongoDB as the steps use it: connection strings, database and names. */
export interface Mongo extends Omit<MongoClusterArgs["mongo"], "database"> {
  /** The migrator's connection string; secret; absent on a rollback if no setting has it. */
  readonly uri: pulumi.Output<string> | undefined;
  /** The services' connection string; secret. On a local server it may be the migrator's. */
  readonly appUri: pulumi.Output<string> | undefined;
  readonly database: pulumi.Input<string> | undefined;
  /** The ledger's collection. */
  readonly ledger: string;
  /** Whether the approvals' collection exists. */
  readonly approvals: boolean;
  /** The target of Jobs; absent if steps run in the engine. */
  readonly job: pulumi.Output<JobTarget> | undefined;
  /** The target of Jobs that log in as the services' user. */
  readonly appJob: pulumi.Output<JobTarget> | undefined;
  readonly direction: Direction;
  /** The setting `cutover`: the number of the current cutover, from 1. */
  readonly cutover: number;
}
