import * as pulumi from "@pulumi/pulumi";
import type { ClusterArgs, ClusterOutputs } from "../outputs";
import { checkCluster } from "./check";
import { atlasConnectionString, createCluster } from "./cluster";
import { accessList, projectOf, requireOwnEntries } from "./project";
import { databaseUsers } from "./users";

/**
 * A cluster of MongoDB Atlas with project, access list and users. Destroying the stack deletes none of it. In
 * filesystem mode everything stays registered as it is, and log-ins keep the connection strings of the last
 * cutover.
 */
export function atlasCluster(
  args: ClusterArgs<"atlas">,
  parent: pulumi.ComponentResource,
): ClusterOutputs {
  const { cluster: settings, direction, mongo, database = "" } = args;
  const isRollback = direction === "back";
  const options = { parent, ...(isRollback && { ignoreChanges: ["*"] }) };
  const project = pulumi.output(projectOf(settings, options));
  const named = isRollback ? project : project.apply((id) => checkCluster(settings, id, parent));
  const ownEntries = isRollback
    ? undefined
    : pulumi.output(named).apply((id) => requireOwnEntries(settings, id, parent));
  // No resource is created before this check has passed.
  const projectId = ownEntries ? pulumi.all([named, ownEntries]).apply(([id]) => id) : named;
  const cluster = createCluster(settings, projectId, options);
  // Destroying the stack keeps them with the cluster; removing one from the settings deletes it.
  const ofCluster = { ...options, deletedWith: cluster };
  const place = { projectId, clusterName: cluster.name };
  const entries = accessList(settings, projectId, ofCluster);
  const { migrator, application } = databaseUsers(
    settings,
    { ...place, database, mongo },
    ofCluster,
  );
  // A rollback does not wait for the cluster.
  if (isRollback) return { uri: undefined, appUri: undefined, database };
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
    ownEntries,
    // The access list makes the address reachable.
    reachedAfter: [migrator.resource, application.resource, ...entries],
    pausing: { name: settings.name, paused: cluster.paused },
  };
}
