import type * as pulumi from "@pulumi/pulumi";
import { Jobs } from "../step/stack-jobs";
import type { Direction } from "../settings";
import { StepGroup, StepResource, type StepOptions } from "../step/program";
import { atlasCluster } from "./atlas";
import { existingCluster } from "./existing";
import { kubernetesCluster } from "./kubernetes/cluster";
import { logIn } from "./log-in";
import type { ClusterOutputs, Mongo, MongoClusterArgs } from "./outputs";
import { referToCluster } from "./stack-reference";

/** The MongoDB of a stack, whatever its kind of cluster. */
export class MongoCluster extends StepGroup {
  /** MongoDB as the steps use it: connection strings, database and names. */
  readonly mongo: Mongo;

  constructor(name: string, settings: MongoClusterArgs, options: StepOptions = {}) {
    const isSkipped = settings.direction === "back";
    super("MongoCluster", name, options, { isSkipped });
    const { cluster, direction, cutover, advanced, mongo, approvals } = settings;
    const outputs = provisionCluster(settings, this);
    const below = { parent: this, dependsOn: this.before };
    const ofJobs = settings.jobs && { ...settings, jobs: settings.jobs };
    const jobs = ofJobs && new Jobs("jobs", ofJobs, outputs.uri, below);
    // Other kinds have existing users.
    const createsUsers = cluster.kind === "atlas" || cluster.kind === "kubernetes";
    // The services' user has its own Secret, unless it is the migrator of an existing server.
    const isMigrator = !createsUsers && outputs.appUri === outputs.uri;
    const appJob = isMigrator
      ? jobs?.target
      : jobs?.targetOf("application-connection", outputs.appUri);
    const users = { job: jobs?.target, appJob };
    const known = createsUsers ? awaitLogIn(outputs, direction, users, this) : outputs;
    const { uri, appUri, database } = known;
    const { ledger } = advanced;
    this.mongo = {
      ...mongo,
      uri,
      appUri,
      database,
      ledger,
      approvals,
      ...users,
      direction,
      cutover,
    };
    this.registerOutputs({ database });
  }
}

function provisionCluster(
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

/**
 * Returns the cluster with connection strings that are known only once both users can log in, so that a password
 * rotation changes the services' Secret no earlier. A rollback gets those of the last log-in. The migrator logs in
 * first, because two Jobs of one kind would stop each other.
 *
 * @param users each user's Job target, if the engine cannot reach the cluster
 */
function awaitLogIn(
  { uri, appUri, database, from, reachedAfter = [] }: ClusterOutputs,
  direction: Direction,
  users: { readonly job: Mongo["job"]; readonly appJob: Mongo["job"] },
  parent: pulumi.ComponentResource,
): ClusterOutputs {
  const inputs = { direction, database, from };
  const migrator = new StepResource(
    logIn,
    "migrator-log-in",
    { ...inputs, uri, job: users.job },
    { parent, dependsOn: [...reachedAfter] },
  );
  const application = new StepResource(
    logIn,
    "application-log-in",
    { ...inputs, uri: appUri, job: users.appJob },
    { parent, dependsOn: migrator },
  );
  return {
    uri: migrator.output("uri") as pulumi.Output<string>,
    appUri: application.output("uri") as pulumi.Output<string>,
    database,
  };
}
