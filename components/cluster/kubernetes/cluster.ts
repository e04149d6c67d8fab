import * as pulumi from "@pulumi/pulumi";
import { createNamespace, kubernetesSdk, providerArgs } from "../../kubernetes/program";
import { resolveNamespace } from "../../settings";
import { stackName, StepResource } from "../../step/program";
import type { ClusterArgs, ClusterOutputs } from "../outputs";
import { MongoDBCheck, stackAnnotation } from "./check";
import { operatorRelease } from "./operator";
import { MongoDBReady } from "./ready";
import { mongoDBCommunitySpec, type UserRole } from "./spec";
import { connectionString } from "./uri";
import { userPasswords } from "./users";

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
  const { cluster, kubernetes: api, directions, rollout, database = "" } = args;
  const { resource, users, timeoutSeconds } = cluster;
  const direction = directions.worker;
  const namespace = resolveNamespace(cluster, rollout);
  const place = { namespace, direction };
  const at = { direction, ...api, namespace, name: resource.name };
  const provider = new (kubernetesSdk().Provider)("kubernetes-of-mongodb", providerArgs(api), {
    parent,
  });
  const made = cluster.createNamespace
    ? [createNamespace("namespace-of-mongodb", namespace, { parent, provider })]
    : [];
  const options = { parent, provider, dependsOn: made };
  const passwords = userPasswords(users, place, options);
  const operator = cluster.operator.install ? [operatorRelease(cluster, place, options)] : made;
  // The engine names the Secrets with the passwords later.
  const secrets = { migrator: "migrator", application: "application" };
  const scope = { database, collections: args.mongo.collections };
  const spec = mongoDBCommunitySpec(cluster, scope, secrets);
  const checked = { ...at, stack: stackName(), spec };
  const check = new StepResource(MongoDBCheck, "mongodb-check", checked, { parent });
  const annotations = { "pulumi.com/patchForce": "true", [stackAnnotation]: stackName() };
  const names = {
    migrator: passwords.migrator.secretName,
    application: passwords.application.secretName,
  };
  // It outlives the stack (decision 7), and a stack that is made again takes over what its predecessor left,
  // fields of that one included. With `protection` the engine neither forgets nor replaces it.
  const { metadata } = new (kubernetesSdk().apiextensions.CustomResource)(
    "mongodb",
    {
      apiVersion: "mongodbcommunity.mongodb.com/v1",
      kind: "MongoDBCommunity",
      metadata: { name: resource.name, namespace, annotations },
      spec: mongoDBCommunitySpec(cluster, scope, names),
    },
    {
      ...{ ...options, dependsOn: [check, ...operator] },
      ...{ protect: cluster.protection, retainOnDelete: true },
      ...(direction === "back" && { ignoreChanges: ["spec", "metadata.annotations"] }),
    },
  );
  const { generation } = metadata;
  const waited = { ...at, generation, timeoutSeconds };
  const ready = new StepResource(MongoDBReady, "mongodb-ready", waited, { parent });

  const members = { ...cluster, ...resource, namespace, tls: resource.tls.enabled };
  const uriOf = (role: UserRole) => {
    const known = pulumi.all([passwords[role].value, ready.urn]);
    const login = { username: users[role].name, database, appName: appNames[role] };
    return pulumi.secret(
      known.apply(([password]) => connectionString(members, { ...login, password })),
    );
  };
  return { uri: uriOf("migrator"), appUri: uriOf("application"), database };
}
