import * as pulumi from "@pulumi/pulumi";
import { kubernetesSdk } from "../../kubernetes/program";
import { resolveNamespace } from "../../settings";
import type { ClusterArgs, ClusterOutputs } from "../outputs";
import { operatorRelease } from "./operator";
import { StepResource } from "../../step/program";
import { MongoDBReady } from "./ready";
import { MongoDBStorage } from "./storage";
import { replicaSet } from "./replica-set";
import type { UserRole } from "./spec";
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
  const { cluster, kubernetes: api, directions, mongo, rollout, database = "" } = args;
  const direction = directions.worker;
  const { resource, users, timeoutSeconds } = cluster;
  const namespace = resolveNamespace(cluster, rollout);
  const provider = new (kubernetesSdk().Provider)("kubernetes-of-mongodb", api, { parent });
  const place = { namespace, direction };
  const made = cluster.createNamespace ? [namespaceOf(namespace, { parent, provider })] : [];
  const options = { parent, provider, dependsOn: made };
  const passwords = userPasswords(users, place, options);
  const operator = cluster.operator.install ? [operatorRelease(cluster, place, options)] : made;
  const scope = { database, collections: mongo.collections };
  const { size, logsSize, class: storageClass } = resource.storage;
  const storage = new StepResource(
    MongoDBStorage,
    "mongodb-storage",
    { direction, ...api, namespace, name: resource.name, size, logsSize, class: storageClass },
    { parent, ...(direction === "back" && { ignoreChanges: ["*"] }) },
  );
  const { metadata } = replicaSet(cluster, scope, passwords, place, {
    ...options,
    dependsOn: [storage, ...operator],
  });
  const { generation } = metadata;
  const name = resource.name;
  const waited = { direction, ...api, namespace, name, generation, timeoutSeconds };
  const ready = new StepResource(MongoDBReady, "mongodb-ready", waited, { parent });

  const members = { ...cluster, ...resource, namespace, tls: resource.tls.enabled };
  const uriOf = (role: UserRole) => {
    const known = pulumi.all([passwords[role].value, ready.urn]);
    const login = { username: users[role].name, database, appName: appNames[role] };
    return pulumi.secret(
      known.apply(([password]) => connectionString(members, { ...login, password })),
    );
  };
  const serverVersion = pulumi.output(resource.version);
  return { uri: uriOf("migrator"), appUri: uriOf("application"), database, serverVersion };
}

function namespaceOf(name: string, options: pulumi.CustomResourceOptions) {
  const kept = { ...options, retainOnDelete: true };
  return new (kubernetesSdk().core.v1.Namespace)(
    "namespace-of-mongodb",
    { metadata: { name } },
    kept,
  );
}
