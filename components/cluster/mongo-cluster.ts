import * as pulumi from "@pulumi/pulumi";
import type { ProgramSettings } from "../settings/program";

/** The settings that say where MongoDB is; the connection strings are secret outputs. */
export type MongoClusterArgs = Pick<
  ProgramSettings,
  "storageMode" | "cluster" | "mongoUri" | "appMongoUri" | "database"
>;

/**
 * Where MongoDB is. Of kind `existing`: the server that `mongoUri` names; nothing is made.
 *
 * In filesystem mode there is no `uri`, so that nothing of the cutover can connect.
 */
export class MongoCluster extends pulumi.ComponentResource {
  readonly kind: string;
  /** The migrator's connection string; secret. */
  readonly uri: pulumi.Output<string> | undefined;
  /** The migrator's connection string in either mode, for the way back's export alone; secret. */
  readonly exportUri: pulumi.Output<string> | undefined;
  /** The services' connection string in either mode; secret. A local server's is the migrator's. */
  readonly appUri: pulumi.Output<string> | undefined;
  readonly database: string | undefined;

  constructor(name: string, args: MongoClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:MongoCluster", name, {}, opts);
    this.kind = args.cluster.kind;
    this.uri = args.storageMode === "mongo" ? args.mongoUri : undefined;
    this.exportUri = args.mongoUri;
    this.appUri = args.appMongoUri ?? args.mongoUri;
    this.database = args.database;
    this.registerOutputs({ kind: this.kind, database: this.database });
  }
}
