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
 * In filesystem mode there is no connection string, so that nothing can connect.
 */
export class MongoCluster extends pulumi.ComponentResource {
  readonly kind: string;
  /** The migrator's connection string; secret. */
  readonly uri: pulumi.Output<string> | undefined;
  /** The services' connection string; secret. A local server's is the migrator's. */
  readonly appUri: pulumi.Output<string> | undefined;
  readonly database: string | undefined;

  constructor(name: string, args: MongoClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:MongoCluster", name, {}, opts);
    this.kind = args.cluster.kind;
    const mongoMode = args.storageMode === "mongo";
    this.uri = mongoMode ? args.mongoUri : undefined;
    this.appUri = mongoMode ? (args.appMongoUri ?? args.mongoUri) : undefined;
    this.database = args.database;
    this.registerOutputs({ kind: this.kind, database: this.database });
  }
}
