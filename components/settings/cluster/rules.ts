import { applicationRules, connectionStringRules } from "../connection-rules";
import type { Rule } from "../problems";
import type { Settings } from "../schema";
import { atlasRules } from "./atlas";
import { kubernetesRules } from "./kubernetes";

/** The rules of each kind that read no connection string. */
export function clusterRules(settings: Settings): Rule[] {
  const { cluster, storageMode, rollout, jobs } = settings;
  switch (cluster.kind) {
    case "existing":
      return [];
    case "stackReference":
      return referenceRules(settings, cluster.stack);
    case "atlas":
      return [
        ...atlasRules(cluster, storageMode === "filesystem"),
        ...unusedKeyRules(settings, "absent: the cluster provides its own"),
        ...createdUserRules(settings),
      ];
    case "kubernetes": {
      const hasNamespace = rollout.target !== "values";
      return [
        ...kubernetesRules(cluster, { hasJobs: jobs !== undefined, hasNamespace }),
        ...createdUserRules(settings),
        ...unusedKeyRules(settings, "absent: the stack creates both users"),
      ];
    }
  }
}

/** The rules of kind `existing`. They apply only in mongo mode, because filesystem mode needs no server. */
export function existingRules(settings: Settings): Rule[] {
  const { cluster, storageMode, mongo, mongoUri, appMongoUri, jobs, rollout } = settings;
  if (storageMode === "filesystem" || cluster.kind !== "existing") return [];
  if (mongoUri !== undefined) return connectionStringRules({ ...settings, mongoUri });
  if (!jobs?.secret) {
    return [{ key: "mongoUri", when: true, allowed: "a connection string, as a secret" }];
  }
  // Only Jobs have the migrator's connection string, so no name can be read from it.
  const found = "missing, and mongoUri is in the Secret of jobs.secret";
  const hasSecret = rollout.target === "values" || rollout.connectionSecret.name !== undefined;
  const hidden: Rule[] = [
    {
      key: "mongo.database",
      when: mongo.database === undefined,
      found,
      allowed: "the database's name",
    },
    {
      key: "appMongoUri",
      when: appMongoUri === undefined && !hasSecret,
      found,
      allowed: "the services' connection string, as a secret, or rollout.connectionSecret.name",
    },
  ];
  return appMongoUri === undefined ? hidden : [...hidden, ...applicationRules(settings)];
}

function referenceRules(settings: Settings, stack: string): Rule[] {
  const { jobs, mongo, storageMode } = settings;
  const absent = `absent: it is an output of stack ${stack}`;
  return [
    // In a rollback, `mongoUri` may name the server to export from.
    ...(storageMode === "mongo" ? unusedKeyRules(settings, absent) : []),
    {
      key: "mongo.database",
      when: jobs !== undefined && mongo.database === undefined,
      found: "missing, and Jobs cannot read the other stack's outputs",
      allowed: "the database's name",
    },
  ];
}

/** Rejects a connection string that only another kind uses. */
function unusedKeyRules(settings: Settings, allowed: string): Rule[] {
  const found = `a connection string, and cluster.kind is ${settings.cluster.kind}`;
  return (["mongoUri", "appMongoUri"] as const).map((key) => {
    return { key, when: settings[key] !== undefined, found, allowed };
  });
}

/**
 * The rules of kinds `atlas` and `kubernetes`, whose users the stack creates. They apply only in mongo mode, so
 * that no rollback stops on them. The services need a Secret that the stack or MongoDB's operator fills: one of the
 * site would keep an old password.
 */
function createdUserRules(settings: Settings): Rule[] {
  const { cluster, storageMode, rollout, jobs, mongo } = settings;
  if (storageMode === "filesystem") return [];
  const allowed = `absent: cluster.kind ${cluster.kind} creates the users and their Secret`;
  const { name, key } = rollout.connectionSecret;
  const hasOperator = cluster.kind === "kubernetes";
  const operatorSecret = hasOperator
    ? `${cluster.resource.name}-admin-${cluster.users.application.name}`
    : "";
  const isExpected = name === operatorSecret && /^connectionString\.standard(Srv)?$/.test(key);
  // With `confirm: none`, the site provides the services' Secret.
  const usesValuesFiles = rollout.target === "values" && rollout.confirm !== "none";
  return [
    {
      key: "rollout.connectionSecret.name",
      when: rollout.target !== "values" && name !== undefined,
      allowed,
    },
    {
      key: "jobs.secret",
      when: jobs?.secret !== undefined,
      found: JSON.stringify(jobs?.secret?.name),
      allowed,
    },
    {
      key: "rollout.target",
      when: usesValuesFiles && !hasOperator,
      found: "values, whose Secret you could not fill, because only the stack knows the passwords",
      allowed: "helm, or another cluster.kind",
    },
    {
      key: "rollout.connectionSecret",
      when: usesValuesFiles && hasOperator && !isExpected,
      found: JSON.stringify({ name, key }),
      allowed: `{ name: ${operatorSecret}, key: connectionString.standard }, the operator's own; or target helm`,
    },
    {
      key: "mongo.database",
      when: usesValuesFiles && hasOperator && mongo.database === undefined,
      found: "missing, and the operator's Secret does not name it",
      allowed: "the database's name",
    },
  ];
}
