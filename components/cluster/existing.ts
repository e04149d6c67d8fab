import type * as pulumi from "@pulumi/pulumi";
import type { ClusterArgs, ClusterOutputs } from "./outputs";
import { serverChecked } from "./server/resource";

/**
 * The server that `mongoUri` names; nothing is made, and it is checked before a cutover. A local
 * server's services may be its migrator.
 */
export function existingCluster(
  args: ClusterArgs<"existing">,
  parent: pulumi.ComponentResource,
): ClusterOutputs {
  const { mongoUri: uri, appMongoUri, database, directions, mongo, cutover } = args;
  const outputs = { uri, appUri: appMongoUri ?? uri, database };
  // The engine does not reach what Jobs reach: theirs is checked by the first of them.
  if (args.jobs) return outputs;
  const { collections } = mongo;
  const direction = directions.worker;
  serverChecked({ direction, cutover, uri, database, collections }, { parent });
  return outputs;
}
