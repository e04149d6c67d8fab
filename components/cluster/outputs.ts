import type * as pulumi from "@pulumi/pulumi";
import type { ClusterSettings, ClusterSettingsOf } from "../settings";
import type { ProgramSettings } from "../settings/program";

/** The settings that say where MongoDB is; the connection strings are secret outputs. */
export type MongoClusterArgs = Pick<
  ProgramSettings,
  | "storageMode"
  | "cluster"
  | "mongoUri"
  | "appMongoUri"
  | "database"
  | "mongo"
  | "kubernetes"
  | "jobs"
  | "rollout"
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
  /** The migrator's connection string in either mode; secret; absent in filesystem mode where no setting has it. */
  readonly uri: pulumi.Output<string> | undefined;
  /** The services' connection string in either mode; secret. */
  readonly appUri: pulumi.Output<string> | undefined;
  /** The database's name; absent in filesystem mode where no setting has it. */
  readonly database: pulumi.Input<string> | undefined;
  /** Such as `8.0.4`; absent or undefined where it is not known. */
  readonly serverVersion?: pulumi.Output<string | undefined>;
}
