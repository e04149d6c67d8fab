import * as pulumi from "@pulumi/pulumi";
import { atlasCluster } from "./atlas";
import { existingCluster } from "./existing";
import { kubernetesCluster } from "./kubernetes";
import type { ClusterOutputs, MongoClusterArgs } from "./outputs";
import { referencedCluster } from "./stack-reference";

/**
 * Where MongoDB is, with the same outputs whatever its kind (decision 13).
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
  readonly database: pulumi.Input<string> | undefined;
  /** The server's version, where it is known. */
  readonly serverVersion: pulumi.Output<string | undefined> | undefined;

  constructor(name: string, args: MongoClusterArgs, opts: pulumi.ComponentResourceOptions = {}) {
    super("taskrunner:storage:MongoCluster", name, {}, opts);
    const { uri, appUri, database, serverVersion } = outputsOf(args, this);
    this.kind = args.cluster.kind;
    this.uri = args.storageMode === "mongo" ? uri : undefined;
    this.exportUri = uri;
    this.appUri = appUri;
    this.database = database;
    this.serverVersion = serverVersion;
    const { kind } = this;
    this.registerOutputs({ kind, database, serverVersion });
  }
}

function outputsOf(
  { cluster, ...others }: MongoClusterArgs,
  parent: pulumi.ComponentResource,
): ClusterOutputs {
  switch (cluster.kind) {
    case "atlas":
      return atlasCluster({ cluster, ...others }, parent);
    case "existing":
      return existingCluster({ cluster, ...others }, parent);
    case "stackReference":
      return referencedCluster({ cluster, ...others }, parent);
    case "kubernetes":
      return kubernetesCluster({ cluster, ...others }, parent);
  }
}
