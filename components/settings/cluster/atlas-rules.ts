import { valueAt, type Problem } from "../problems";
import type { Settings } from "../schema";
import { entryAddress, type AtlasSettings } from "./atlas";
import { checkLeftovers, checkCreatedUsers } from "./connection-rules";

/** The rules of a cluster of Atlas: what Atlas would refuse minutes later, or silently do otherwise. */
export function atlasRules(settings: Settings): Problem[] {
  const { cluster, storageMode } = settings;
  if (cluster.kind !== "atlas") return [];
  const problems = [
    ...projectRules(cluster),
    ...regionRules(cluster),
    ...diskRules(cluster),
    ...backupRules(cluster),
    ...accessRules(cluster, storageMode === "filesystem"),
  ].map(({ key, ...problem }) => ({ key: `cluster.${key}`, ...problem }));
  return [
    ...problems,
    ...checkLeftovers(settings, "absent: the cluster provides its own"),
    ...checkCreatedUsers(settings),
  ];
}

/**
 * The rule of a cluster that is taken over: its `up` changes it to the settings, so no default of ours decides
 * about what runs.
 *
 * @param values the settings before their defaults
 */
export function takeOverRules(
  { cluster, storageMode }: Settings,
  values: Readonly<Record<string, unknown>>,
): Problem[] {
  // A rollback takes it over as it is.
  if (cluster.kind !== "atlas" || !cluster.import || storageMode === "filesystem") return [];
  const keys = [
    ...["instanceSize", "mongoVersion", "autoScaling.disk", "backup.enabled", "backup.pointInTime"],
    ...cluster.regions.map((_region, at) => `regions.${at}.electable`),
  ].filter((key) => valueAt(["cluster", ...key.split(".")], values) === undefined);
  return keys.map((key) => ({
    key: `cluster.${key}`,
    found: "nothing, and cluster.import is true",
    allowed: "what the cluster is to have",
  }));
}

function projectRules({ projectId, project, import: takesOver }: AtlasSettings): Problem[] {
  if (takesOver && project !== undefined) {
    return [{ key: "import", found: "true, and a new project", allowed: "false, or projectId" }];
  }
  if ((projectId === undefined) !== (project === undefined)) return [];
  const found = projectId === undefined ? "nothing" : `${quote(projectId)}, and a new project`;
  const allowed = "the id of a project, or project: { name, orgId } for a new one";
  return [{ key: "projectId", found, allowed }];
}

function regionRules({ regions }: AtlasSettings): Problem[] {
  const key = "regions";
  const repeated = findRepeated(regions.map(({ name }) => name)).map((name) => {
    return { key, found: `${quote(name)} more than once`, allowed: "each region once" };
  });
  // Atlas elects a primary among an odd number of nodes.
  const electable = regions.reduce((sum, region) => sum + region.electable, 0);
  if ([3, 5, 7].includes(electable)) return repeated;
  const found = `${electable} electable nodes in total`;
  return [...repeated, { key, found, allowed: "3, 5 or 7 electable nodes in total" }];
}

/**
 * The rule about a disk that Atlas scales by itself. Atlas knows best which sizes and regions a cloud has: it
 * refuses an unknown one in the stack's first step.
 */
function diskRules({ autoScaling, diskSizeGb }: AtlasSettings): Problem[] {
  if (autoScaling.compute || !autoScaling.disk || diskSizeGb === undefined) return [];
  // Every `up` would set a disk back that has grown by itself.
  const found = `${diskSizeGb}, while the disk grows by itself`;
  const allowed = "absent; or autoScaling.disk: false; or autoScaling.compute too";
  return [{ key: "diskSizeGb", found, allowed }];
}

function backupRules({ backup: { enabled, pointInTime } }: AtlasSettings): Problem[] {
  if (enabled || !pointInTime) return [];
  return [{ key: "backup.pointInTime", found: "true", allowed: "false without backup.enabled" }];
}

function accessRules({ accessList }: AtlasSettings, isRollback: boolean): Problem[] {
  const known = accessList.map(entryAddress);
  const repeated = findRepeated(known).map((address) => {
    return {
      key: "accessList",
      found: `${quote(address)} more than once`,
      allowed: "each entry once",
    };
  });
  const problems = accessList.flatMap(({ address, range }, at) => {
    const key = `accessList.${at}`;
    const named = [address, range].filter((one) => one !== undefined);
    if (named.length !== 1) {
      const found = named.length === 0 ? "nothing" : named.map(quote).join(" and ");
      return [{ key, found, allowed: "one of address, range" }];
    }
    // The program makes what Atlas takes of these: a rollback must not stop on them.
    if (isRollback) return [];
    const network = range?.endsWith("/32") ? range : (known[at] ?? "");
    return range === undefined || range === network
      ? []
      : [{ key: `${key}.range`, found: quote(range), allowed: quote(network) }];
  });
  return isRollback || problems.length > 0 ? problems : repeated;
}

function findRepeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}

const quote = (value: string) => JSON.stringify(value);
