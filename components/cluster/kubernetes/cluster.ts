import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { addressIn } from "../../settings";
import type { ClusterArgs, ClusterOutputs } from "../outputs";
import { operatorRelease } from "./operator";
import { MongoDBReady } from "./ready/resource";
import { mongoDBCommunitySpec, type UserRole } from "./spec";
import { connectionString } from "./uri";
import { userPassword } from "./users";

/** The name under which each user's connections are in the server's log. */
const appNames = { migrator: "taskrunner-storage", application: "taskrunner" } as const;

/**
 * A replica set that MongoDB's operator runs in Kubernetes, with the operator itself unless it is
 * there. Destroying the stack leaves it, its volumes and the operator (decision 7).
 *
 * The connection strings are known once MongoDB runs with both users as they are asked for, so that
 * nothing after it connects with a password that MongoDB has not taken in yet.
 */
export function kubernetesCluster(
  args: ClusterArgs<"kubernetes">,
  parent: pulumi.Resource,
): ClusterOutputs {
  const { cluster, storageMode: mode, mongo, rollout, database = "" } = args;
  const { namespace, ...api } = addressIn(cluster, rollout);
  const provider = new kubernetes.Provider("kubernetes-of-mongodb", api, { parent });
  const made = cluster.createNamespace ? [namespaceOf(namespace, { parent, provider })] : [];
  const options = { parent, provider, dependsOn: made };
  const password = (role: UserRole) =>
    userPassword(role, cluster.users, { namespace, mode }, options);
  const passwords = { migrator: password("migrator"), application: password("application") };
  const spec = mongoDBCommunitySpec(
    cluster,
    { database, collections: mongo.collections },
    {
      migrator: passwords.migrator.secretName,
      application: passwords.application.secretName,
    },
  );
  const installed = cluster.operator.install
    ? [operatorRelease(cluster, namespace, mode, options)]
    : made;
  const replicaSet = mongoDBCommunity(cluster.resource.name, namespace, spec, mode, {
    ...options,
    dependsOn: installed,
  });
  const ready = new MongoDBReady(
    "mongodb-ready",
    {
      ...api,
      namespace,
      name: cluster.resource.name,
      generation: replicaSet.metadata.generation,
      timeoutSeconds: cluster.timeoutSeconds,
    },
    { parent },
  );
  const uriOf = (role: UserRole) =>
    pulumi.secret(
      pulumi.all([passwords[role].value, ready.urn]).apply(([password]) =>
        connectionString(
          {
            ...{ ...cluster.resource, namespace, clusterDomain: cluster.clusterDomain },
            tls: cluster.resource.tls.enabled,
          },
          { user: cluster.users[role].name, password, database, appName: appNames[role] },
        ),
      ),
    );
  return { uri: uriOf("migrator"), appUri: uriOf("application"), database };
}

function namespaceOf(name: string, options: pulumi.CustomResourceOptions) {
  const kept = { ...options, retainOnDelete: true };
  return new kubernetes.core.v1.Namespace("namespace-of-mongodb", { metadata: { name } }, kept);
}

function mongoDBCommunity(
  name: string,
  namespace: string,
  spec: object,
  mode: string,
  options: pulumi.CustomResourceOptions,
): kubernetes.apiextensions.CustomResource {
  // A stack that is made again takes over what its predecessor left, fields of that one included.
  const annotations = { "pulumi.com/patchForce": "true" };
  return new kubernetes.apiextensions.CustomResource(
    "mongodb",
    {
      apiVersion: "mongodbcommunity.mongodb.com/v1",
      kind: "MongoDBCommunity",
      metadata: { name, namespace, annotations },
      spec,
    },
    {
      ...options,
      retainOnDelete: true,
      ...(mode === "filesystem" && { ignoreChanges: ["spec"] }),
    },
  );
}
