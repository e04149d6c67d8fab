import * as pulumi from "@pulumi/pulumi";
import { createNamespace, kubernetesSdk, providerArgs } from "../../kubernetes/program";
import { resolveNamespace, type ClusterSettingsOf, type Direction } from "../../settings";
import { childName, stackName, StepResource } from "../../step/program";
import type { ClusterArgs, ClusterOutputs } from "../outputs";
import { withLogin, type Login } from "../login";
import { generatedPassword } from "../password";
import { mongoDBCheck, stackAnnotation } from "./check";
import { operatorRelease } from "./operator";
import { mongoDBReady } from "./ready";
import { mongoDBCommunitySpec, type UserRole } from "./spec";

// Shown in the server's log.
const appNames = { migrator: "taskrunner-storage", application: "taskrunner" } as const;

/**
 * A replica set that MongoDB's operator runs, and the operator unless one is installed. Destroying the stack keeps
 * both and the volumes. The connection strings are known once MongoDB runs with both users, so that nothing
 * uses a password that MongoDB does not know yet.
 */
export function kubernetesCluster(
  args: ClusterArgs<"kubernetes">,
  parent: pulumi.Resource,
): ClusterOutputs {
  const { cluster, kubernetes: api, direction, rollout, database = "" } = args;
  const { resource, users, timeoutSeconds } = cluster;
  const namespace = resolveNamespace(cluster, rollout);
  const target = { namespace, direction };
  const at = { direction, ...api, namespace, name: resource.name };
  const called = (name: string) => childName(parent, name);
  const provider = new (kubernetesSdk().Provider)(
    called("kubernetes-of-mongodb"),
    providerArgs(api),
    { parent },
  );
  const created = cluster.createNamespace
    ? [createNamespace(called("namespace-of-mongodb"), namespace, { parent, provider })]
    : [];
  const options = { parent, provider, dependsOn: created };
  const passwords = userPasswords(users, target, options);
  const operator = cluster.operator.install ? [operatorRelease(cluster, target, options)] : created;
  const scope = { ...args.mongo, database };
  const checked = { ...at, stack: stackName() };
  const check = new StepResource(mongoDBCheck, "mongodb-check", checked, { parent });
  const annotations = { "pulumi.com/patchForce": "true", [stackAnnotation]: stackName() };
  const names = {
    migrator: passwords.migrator.secretName,
    application: passwords.application.secretName,
  };
  // The replica set outlives the stack, and a new stack takes over all its fields. With `protection` the engine
  // neither removes it from the stack nor replaces it.
  const { metadata } = new (kubernetesSdk().apiextensions.CustomResource)(
    called("mongodb"),
    {
      apiVersion: "mongodbcommunity.mongodb.com/v1",
      kind: "MongoDBCommunity",
      metadata: { name: resource.name, namespace, annotations },
      spec: mongoDBCommunitySpec(cluster, scope, names),
    },
    {
      ...options,
      dependsOn: [check, ...operator],
      protect: cluster.protection,
      retainOnDelete: true,
      ...(direction === "back" && { ignoreChanges: ["spec", "metadata.annotations"] }),
    },
  );
  const { generation } = metadata;
  const waited = { ...at, generation, timeoutSeconds };
  const ready = new StepResource(mongoDBReady, "mongodb-ready", waited, { parent });

  const members = { ...cluster, ...resource, namespace, tls: resource.tls.enabled };
  const uriOf = (role: UserRole) => {
    const known = pulumi.all([passwords[role].value, ready.urn]);
    const login = { username: users[role].name, database, appName: appNames[role] };
    return pulumi.secret(
      known.apply(([password]) => operatorConnectionString(members, { ...login, password })),
    );
  };
  return { uri: uriOf("migrator"), appUri: uriOf("application"), database };
}

// One immutable Secret per password, named by the engine: the operator watches the reference, so a new password
// needs a new name.
function userPasswords(
  users: ClusterSettingsOf<"kubernetes">["users"],
  { namespace, direction }: { readonly namespace: string; readonly direction: Direction },
  { provider, ...options }: pulumi.CustomResourceOptions,
) {
  const isRollback = direction === "back";
  const password = (role: UserRole) => {
    const { passwordVersion: version } = users[role];
    const generated = new StepResource(
      generatedPassword,
      `${role}-password`,
      { version },
      { ...options, ...(isRollback && { ignoreChanges: ["*"] }) },
    );
    const value = generated.output("password") as pulumi.Output<string>;
    const { metadata } = new (kubernetesSdk().core.v1.Secret)(
      childName(options.parent, `${role}-password`),
      { metadata: { namespace }, immutable: true, stringData: { password: value } },
      {
        ...options,
        ...(provider && { provider }),
        ...(isRollback && { ignoreChanges: ["data", "stringData"] }),
      },
    );
    return { value, secretName: metadata.name };
  };
  return { migrator: password("migrator"), application: password("application") };
}

interface ReplicaSet {
  readonly name: string;
  readonly members: number;
  readonly namespace: string;
  readonly clusterDomain: string;
  readonly tls: boolean;
}

/**
 * A connection string, which is secret, with the members' names of the operator's headless service. They resolve
 * only inside the cluster.
 */
export function operatorConnectionString(
  { name, members, namespace, clusterDomain, tls }: ReplicaSet,
  login: Login,
): string {
  const hosts = Array.from(
    { length: members },
    (_, at) => `${name}-${at}.${name}-svc.${namespace}.svc.${clusterDomain}:27017`,
  );
  const options = { replicaSet: name, tls: String(tls) };
  return withLogin(`mongodb://${hosts.join(",")}/`, login, options);
}
