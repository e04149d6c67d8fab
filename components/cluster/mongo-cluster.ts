import type * as pulumi from "@pulumi/pulumi";
import { jobsOf } from "../step/jobs/program";
import { StepGroup, type After } from "../step/program";
import { atlasCluster } from "./atlas";
import { existingCluster } from "./existing";
import { kubernetesCluster } from "./kubernetes/cluster";
import { awaitLogIn } from "./await-log-in";
import type { ClusterOutputs, Mongo, MongoClusterArgs } from "./outputs";
import { referToCluster } from "./stack-reference";

/** Where MongoDB is, with the same outputs whatever its kind (decision 13). */
export class MongoCluster extends StepGroup implements Mongo {
  readonly uri: Mongo["uri"];
  /** The services' connection string; secret. A local server's is the migrator's. */
  readonly appUri: pulumi.Output<string> | undefined;
  readonly database: Mongo["database"];
  readonly ledger: string;
  readonly collections: Mongo["collections"];
  readonly approvals: boolean;
  readonly job: Mongo["job"];
  /** Where the steps of the services' user run as Jobs; absent: in the engine. */
  readonly appJob: Mongo["job"];
  readonly directions: Mongo["directions"];
  readonly cutover: number;

  constructor(name: string, settings: MongoClusterArgs, options: After = {}) {
    super("MongoCluster", name, options, settings.directions.worker === "back");
    const { cluster, directions } = settings;
    const outputs = outputsOf(settings, this);
    const jobs = jobsOf(settings, outputs.uri, { dependsOn: [...(options.dependsOn ?? [])] });
    // The users of the other kinds are there already.
    const isMade = cluster.kind === "atlas" || cluster.kind === "kubernetes";
    // The services' user has a Secret of its own, unless it is the migrator of a server that exists.
    const isMigrator = !isMade && outputs.appUri === outputs.uri;
    const appJob = isMigrator
      ? jobs?.target
      : jobs?.targetOf("taskrunner-application", outputs.appUri);
    const users = { job: jobs?.target, appJob };
    const known = isMade ? awaitLogIn(outputs, directions.worker, users, this) : outputs;
    const { uri, appUri, database } = known;
    this.uri = uri;
    this.appUri = appUri;
    this.database = database;
    this.ledger = settings.advanced.ledger;
    this.collections = settings.mongo.collections;
    this.approvals = settings.approvals;
    this.job = users.job;
    this.appJob = users.appJob;
    this.directions = directions;
    this.cutover = settings.cutover;
    this.registerOutputs({ database, ownEntries: outputs.ownEntries });
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
      return referToCluster({ cluster, ...others }, parent);
    case "kubernetes":
      return kubernetesCluster({ cluster, ...others }, parent);
  }
}
