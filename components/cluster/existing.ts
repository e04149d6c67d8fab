import type { ClusterArgs, ClusterOutputs } from "./outputs";

/** The server that `mongoUri` names; nothing is made. A local server's services may be its migrator. */
export function existingCluster(args: ClusterArgs<"existing">): ClusterOutputs {
  const { mongoUri: uri, appMongoUri, database } = args;
  return { uri, appUri: appMongoUri ?? uri, database };
}
