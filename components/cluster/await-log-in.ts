import type * as pulumi from "@pulumi/pulumi";
import type { Direction } from "../settings";
import { StepResource } from "../step/program";
import { LogIn } from "./log-in";
import type { ClusterOutputs, Mongo } from "./outputs";

/**
 * The same cluster, whose connection strings are known once both users can log in: nothing else waits
 * for a user that MongoDB does not know yet, and a rotation changes the services' Secret only then. On a
 * rollback they are those of the last log-in, so that it waits for nothing of the cluster (decision 10). The
 * migrator comes first, because two Jobs of a kind would stop one another.
 *
 * @param users where each user's steps run as Jobs: the engine does not reach the cluster then
 */
export function awaitLogIn(
  { uri, appUri, database, from, reachedAfter = [], pausing }: ClusterOutputs,
  direction: Direction,
  users: { readonly job: Mongo["job"]; readonly appJob: Mongo["job"] },
  parent: pulumi.ComponentResource,
): ClusterOutputs {
  const inputs = { direction, database, from };
  const [cluster, isPaused] = [pausing?.name, pausing?.paused];
  const migrator = new StepResource(
    LogIn,
    "migrator-log-in",
    { ...inputs, uri, job: users.job, cluster, isPaused },
    { parent, dependsOn: [...reachedAfter] },
  );
  const application = new StepResource(
    LogIn,
    "application-log-in",
    { ...inputs, uri: appUri, job: users.appJob, cluster: undefined, isPaused: undefined },
    { parent, dependsOn: migrator },
  );
  return {
    uri: migrator.output("uri") as pulumi.Output<string>,
    appUri: application.output("uri") as pulumi.Output<string>,
    database,
  };
}
