import * as pulumi from "@pulumi/pulumi";
import type { ClusterArgs, ClusterOutputs } from "../outputs";
import { accessList } from "./access-list";
import { checkCluster } from "./check";
import { atlasConnectionString, createCluster } from "./cluster";
import { databaseUsers } from "./users";

const tokenAdvice =
  "If Atlas gives no token, run `unset MONGODB_ATLAS_CLIENT_ID MONGODB_ATLAS_CLIENT_SECRET` and `pulumi up` again.";

/**
 * A cluster of MongoDB Atlas with access list and users. Destroying the stack deletes none of it. In
 * filesystem mode cluster and users stay registered as they are, log-ins keep the connection strings of the last
 * cutover, and entries of the access list stay in Atlas.
 */
export function atlasCluster(
  args: ClusterArgs<"atlas">,
  parent: pulumi.ComponentResource,
): ClusterOutputs {
  const { cluster: settings, direction, database = "" } = args;
  const isRollback = direction === "back";
  if (isRollback && process.env.MONGODB_ATLAS_CLIENT_ID) void pulumi.log.info(tokenAdvice, parent);
  const options = { parent, ...(isRollback && { ignoreChanges: ["*"] }) };
  // No resource is created before this check has passed.
  const projectId = isRollback ? settings.projectId : checkCluster(settings, parent);
  const cluster = createCluster(settings, projectId, options);
  // Destroying the stack keeps them with the cluster.
  const ofCluster = { ...options, deletedWith: cluster };
  const { migrator, application } = databaseUsers(args, projectId, ofCluster);
  // A rollback does not wait for the cluster.
  if (isRollback) return { uri: undefined, appUri: undefined, database };
  const entries = accessList(settings, projectId, options);
  const uriOf = ({ username, password }: typeof migrator, appName: string) =>
    pulumi
      .all([cluster.connectionStrings, username, password])
      .apply(([strings, username, password]) =>
        atlasConnectionString(strings, settings, { username, password, database, appName }),
      );
  return {
    database,
    uri: uriOf(migrator, "taskrunner-migrator"),
    appUri: uriOf(application, "taskrunner"),
    from: JSON.stringify([settings.name, settings.connection, settings.passwordVersion, database]),
    // The access list makes the address reachable.
    reachedAfter: [migrator.resource, application.resource, ...entries],
  };
}
