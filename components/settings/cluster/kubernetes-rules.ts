import type { Problem } from "../problems";
import type { Settings } from "../schema";
import { checkLeftovers, checkCreatedUsers } from "./connection-rules";
import type { KubernetesClusterSettings } from "./kubernetes";

/** The rules about a replica set in Kubernetes. They hold in both modes. */
export function kubernetesRules(settings: Settings): Problem[] {
  const { cluster } = settings;
  if (cluster.kind !== "kubernetes") return [];
  return [
    ...namespaceRule(cluster, settings),
    ...reachRule(cluster, settings),
    ...tlsRules(cluster),
    ...userRules(cluster),
    ...overrideRules(cluster),
    ...checkCreatedUsers(settings),
    ...checkLeftovers(settings, "absent: the stack creates both users"),
  ];
}

function namespaceRule({ namespace }: KubernetesClusterSettings, { rollout }: Settings): Problem[] {
  if (namespace !== undefined || rollout.target === "helm") return [];
  const found = "nothing, and rollout has none";
  return [{ key: "cluster.namespace", found, allowed: "the namespace of MongoDB" }];
}

/**
 * The members have names only inside the cluster. An engine outside would make MongoDB, wait until
 * it runs, and then fail: that is known before.
 */
function reachRule({ engineInside }: KubernetesClusterSettings, settings: Settings): Problem[] {
  if (settings.jobs || engineInside) return [];
  const found = "nothing, and only the Kubernetes cluster reaches MongoDB in it";
  const allowed = "{ image, ... }, or cluster.engineInside: true if Pulumi runs in that cluster";
  return [{ key: "jobs", found, allowed }];
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

/** What the program asks of the replica set itself: the users log in by it, and Jobs find the members. */
const owned = ["type", "members", "version", "security", "users"];

function overrideRules({ overrides }: KubernetesClusterSettings): Problem[] {
  return Object.keys(overrides)
    .filter((key) => owned.includes(key))
    .map((key) => ({
      key: `cluster.overrides.${key}`,
      found: "a key that the stack sets itself",
      allowed: "absent: cluster.resource and cluster.users decide about it",
    }));
}
