import type * as kubernetes from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { kubernetesSdk } from "../../kubernetes/program";
import type { ClusterSettingsOf } from "../../settings";
import { mongoDBCommunitySpec, type Scope, type UserRole } from "./spec";
import type { Place, UserPassword } from "./users";

/**
 * The `MongoDBCommunity` resource. It outlives the stack (decision 7), and a stack that is made again
 * takes over what its predecessor left, fields of that one included. With `protection` the engine
 * neither forgets nor replaces it.
 */
export function replicaSet(
  cluster: ClusterSettingsOf<"kubernetes">,
  scope: Scope,
  { migrator, application }: Readonly<Record<UserRole, UserPassword>>,
  { namespace, direction }: Place,
  options: pulumi.CustomResourceOptions,
): kubernetes.apiextensions.CustomResource {
  const secrets = { migrator: migrator.secretName, application: application.secretName };
  const annotations = { "pulumi.com/patchForce": "true" };
  return new (kubernetesSdk().apiextensions.CustomResource)(
    "mongodb",
    {
      apiVersion: "mongodbcommunity.mongodb.com/v1",
      kind: "MongoDBCommunity",
      metadata: { name: cluster.resource.name, namespace, annotations },
      spec: mongoDBCommunitySpec(cluster, scope, secrets),
    },
    {
      ...options,
      protect: cluster.protection,
      retainOnDelete: true,
      ...(direction === "back" && { ignoreChanges: ["spec"] }),
    },
  );
}
