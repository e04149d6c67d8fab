import type { Problem } from "../problems";
import type { Settings } from "../schema";
import type { KubernetesClusterSettings } from "./kubernetes";
import { madeUsersRules } from "./made-users-rules";

/** The rules about a replica set in Kubernetes; they hold in both modes. */
export function kubernetesRules(settings: Settings): Problem[] {
  const { cluster, ...others } = settings;
  if (cluster.kind !== "kubernetes") return [];
  return [
    ...namespaceRule(cluster, others),
    ...reachRule(cluster, others),
    ...tlsRules(cluster),
    ...userRules(cluster),
    ...madeUsersRules(settings),
    ...(["mongoUri", "appMongoUri"] as const)
      .filter((key) => others[key] !== undefined)
      .map((key) => ({
        key,
        found: "a connection string, and the stack makes both users",
        allowed: "absent where cluster.kind is kubernetes",
      })),
  ];
}

type Others = Omit<Settings, "cluster">;

function namespaceRule({ namespace }: KubernetesClusterSettings, { rollout }: Others): Problem[] {
  if (namespace !== undefined || rollout.target === "helm") return [];
  return [
    {
      key: "cluster.namespace",
      found: "nothing, and rollout has none",
      allowed: "the namespace in which MongoDB runs",
    },
  ];
}

/**
 * The members have names inside the cluster alone. An engine outside would make MongoDB, wait until
 * it runs, and then fail: that is known before.
 */
function reachRule({ engineInside }: KubernetesClusterSettings, { migration }: Others): Problem[] {
  if (migration.runAs === "job" || engineInside) return [];
  return [
    {
      key: "migration.runAs",
      found: "engine, and only the Kubernetes cluster reaches MongoDB in it",
      allowed: "job, or cluster.engineInside: true where pulumi runs in that cluster",
    },
  ];
}

function tlsRules({ allowPlainText, resource }: KubernetesClusterSettings): Problem[] {
  const { enabled, ...names } = resource.tls;
  const key = "cluster.resource.tls";
  if (!enabled && !allowPlainText) {
    const allowed = "true, or cluster.allowPlainText: true";
    return [{ key: `${key}.enabled`, found: "false", allowed }];
  }
  const needed = {
    certificateSecret: "the Secret with tls.crt and tls.key for the members' host names",
    caConfigMap: "the ConfigMap with the authority's ca.crt",
  };
  return Object.entries(needed)
    .filter(([name]) => enabled && names[name as keyof typeof names] === undefined)
    .map(([name, allowed]) => ({ key: `${key}.${name}`, found: "nothing", allowed }));
}

function userRules({ users }: KubernetesClusterSettings): Problem[] {
  const { migrator, application } = users;
  if (migrator.name !== application.name) return [];
  const found = `${JSON.stringify(application.name)}, which is the migrator's`;
  return [{ key: "cluster.users.application.name", found, allowed: "another name" }];
}
