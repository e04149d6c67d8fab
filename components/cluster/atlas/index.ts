import * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../../step/program";
import { ConnectionStrings } from "../connection-strings";
import type { ClusterArgs, ClusterOutputs } from "../outputs";
import { createCluster, backupSchedule } from "./cluster";
import { connectionString } from "./connection";
import { accessList, projectOf } from "./project";
import { databaseUsers } from "./users";

/**
 * A cluster of MongoDB Atlas with everything that belongs to it (decision 13). Nothing of it goes with
 * the stack (decision 7). In filesystem mode all of it stays registered as it is, and the outputs are
 * those of the last cutover.
 */
export function atlasCluster(
  args: ClusterArgs<"atlas">,
  parent: pulumi.ComponentResource,
): ClusterOutputs {
  const { cluster: settings, directions, mongo, database = "" } = args;
  const direction = directions.worker;
  const isRollback = direction === "back";
  const options = { parent, ...(isRollback && { ignoreChanges: ["*"] }) };
  const projectId = projectOf(settings, options);
  const cluster = createCluster(settings, projectId, options);
  // They stay where the cluster stays; while it is there, one that is taken out of the stack goes.
  const ofCluster = { ...options, deletedWith: cluster };
  const place = { projectId, clusterName: cluster.name };
  backupSchedule(settings, place, ofCluster);
  const entries = accessList(settings, projectId, ofCluster);
  const users = databaseUsers(settings, { ...place, database, mongo }, ofCluster);

  const uriOf = ({ username, password }: (typeof users)["migrator"], appName: string) =>
    pulumi
      .all([cluster.connectionStrings, username, password])
      .apply(([strings, username, password]) =>
        connectionString(strings, settings, { username, password, database, appName }),
      );
  const createStrings = () => ({
    uri: uriOf(users.migrator, "taskrunner-migrator"),
    appUri: uriOf(users.application, "taskrunner"),
    from: JSON.stringify([settings.name, settings.connection, settings.passwordVersion, database]),
  });
  const none = { uri: undefined, appUri: undefined, from: undefined };
  const inputs = { direction, ...(isRollback ? none : createStrings()) };
  const known = new StepResource(ConnectionStrings, "connection-strings", inputs, {
    parent,
    // Whoever gets them can also reach the cluster and log in.
    ...(!isRollback && { dependsOn: [...users.resources, ...entries] }),
  });
  const uri = known.output("uri") as pulumi.Output<string>;
  const appUri = known.output("appUri") as pulumi.Output<string>;
  return { uri, appUri, database, pausing: { name: settings.name, paused: cluster.paused } };
}
