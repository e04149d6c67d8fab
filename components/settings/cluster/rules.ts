import { createdUserRules, leftoverRules } from "../connection-rules";
import { valueAt, type Rule } from "../problems";
import type { Settings } from "../schema";
import { entryAddress, type AtlasSettings } from "./atlas";

/** The rules of kind `atlas`: what Atlas would reject minutes later, or silently change. */
export function atlasRules(settings: Settings): Rule[] {
  const { cluster, storageMode } = settings;
  if (cluster.kind !== "atlas") return [];
  const { regions, backup } = cluster;
  const names = regions.map(({ name }) => name);
  // A primary needs an odd number of electable nodes.
  const electable = regions.reduce((sum, region) => sum + region.electable, 0);
  return [
    ...repeatedRules("cluster.regions", "each region once", names),
    {
      key: "cluster.regions",
      when: ![3, 5, 7].includes(electable),
      found: `${electable} electable nodes in total`,
      allowed: "3, 5 or 7 electable nodes in total",
    },
    {
      key: "cluster.backup.pointInTime",
      when: backup.pointInTime === true && !backup.enabled,
      allowed: "false without backup.enabled",
    },
    // A rollback registers no entry.
    ...(storageMode === "filesystem" ? [] : accessRules(cluster)),
    ...leftoverRules(settings, "absent: the cluster provides its own"),
    ...createdUserRules(settings),
  ];
}

function accessRules({ accessList }: AtlasSettings): Rule[] {
  const key = "cluster.accessList";
  const entries = accessList.map(({ address, range }, at) => {
    const named = [address, range].filter((one) => one !== undefined);
    const found = named.map(quote).join(" and ") || "nothing";
    const when = named.length !== 1;
    return { key: `${key}.${at}`, when, found, allowed: "one of address, range" };
  });
  return [...entries, ...repeatedRules(key, "each entry once", accessList.map(entryAddress))];
}

function repeatedRules(key: string, allowed: string, names: readonly string[]): Rule[] {
  const repeated = new Set(names.filter((name, at) => names.indexOf(name) !== at));
  return [...repeated].map((name) => {
    return { key, when: true, found: `${quote(name)} more than once`, allowed };
  });
}

/**
 * The rules of a cluster that is taken over. The next `up` changes it to match the settings, so none of them may
 * come from a default: `values` are the settings without defaults.
 */
export function takeOverRules(
  { cluster, storageMode }: Settings,
  values: Readonly<Record<string, unknown>>,
): Rule[] {
  // A rollback takes it over unchanged.
  if (cluster.kind !== "atlas" || !cluster.import || storageMode === "filesystem") return [];
  const keys = [
    "instanceSize",
    "mongoVersion",
    "autoScaling.disk",
    "backup.enabled",
    "backup.pointInTime",
    ...cluster.regions.map((_region, at) => `regions.${at}.electable`),
  ];
  return keys.map((key) => ({
    key: `cluster.${key}`,
    when: valueAt(["cluster", ...key.split(".")], values) === undefined,
    found: "nothing, and cluster.import is true",
    allowed: "the value that the cluster should have",
  }));
}

/** Keys that the program sets itself, because log-ins and Jobs depend on them. */
const owned = ["type", "members", "version", "security", "users"];

/** The rules of kind `kubernetes`, in both modes. */
export function kubernetesRules(settings: Settings): Rule[] {
  const { cluster, rollout, jobs } = settings;
  if (cluster.kind !== "kubernetes") return [];
  const { enabled, certificateSecret, caConfigMap } = cluster.resource.tls;
  const { migrator, application } = cluster.users;
  return [
    {
      key: "cluster.namespace",
      when: cluster.namespace === undefined && rollout.target === "values",
      found: "nothing, and rollout has none",
      allowed: "the namespace of MongoDB",
    },
    // An engine outside the cluster would create MongoDB, wait for it and then fail to reach it.
    {
      key: "jobs",
      when: !jobs && !cluster.engineInside,
      found: "nothing, and only the Kubernetes cluster reaches MongoDB in it",
      allowed: "{ image, ... }, or cluster.engineInside: true if Pulumi runs in that cluster",
    },
    {
      key: "cluster.resource.tls.enabled",
      when: !enabled && !cluster.allowPlainText,
      allowed: "true, or cluster.allowPlainText: true",
    },
    {
      key: "cluster.resource.tls.certificateSecret",
      when: enabled && certificateSecret === undefined,
      allowed: "the Secret with tls.crt and tls.key for the members' host names",
    },
    {
      key: "cluster.resource.tls.caConfigMap",
      when: enabled && caConfigMap === undefined,
      allowed: "the ConfigMap with the authority's ca.crt",
    },
    {
      key: "cluster.users.application.name",
      when: migrator.name === application.name,
      found: `${quote(application.name)}, which is the migrator's`,
      allowed: "another name",
    },
    ...owned.map((key) => ({
      key: `cluster.overrides.${key}`,
      when: key in cluster.overrides,
      found: "a key that the stack sets itself",
      allowed: "absent: cluster.resource and cluster.users decide about it",
    })),
    ...createdUserRules(settings),
    ...leftoverRules(settings, "absent: the stack creates both users"),
  ];
}

const quote = (value: unknown) => JSON.stringify(value);
