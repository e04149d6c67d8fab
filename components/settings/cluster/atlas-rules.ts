import type { Problem } from "../problems";
import type { Settings } from "../schema";
import type { AtlasSettings } from "./atlas";
import { exampleRegion, familyOfSize, providersOfRegion, sizesOf } from "./atlas-places";

/** The rules of a cluster of Atlas, in both modes: what Atlas would refuse minutes later, or silently do otherwise. */
export function atlasRules(settings: Settings): Problem[] {
  const { cluster } = settings;
  if (cluster.kind !== "atlas") return [];
  const problems = [
    ...projectRules(cluster),
    ...regionRules(cluster),
    ...sizeRules(cluster),
    ...autoScalingRules(cluster),
    ...shardRules(cluster),
    ...backupRules(cluster),
    ...accessRules(cluster),
  ].map(({ key, ...problem }) => ({ key: `cluster.${key}`, ...problem }));
  return [...problems, ...connectionStringRules(settings)];
}

function projectRules({ projectId, project }: AtlasSettings): Problem[] {
  if ((projectId === undefined) !== (project === undefined)) return [];
  const found = projectId === undefined ? "nothing" : `${quoted(projectId)}, and a new project`;
  const allowed = "the id of a project, or project: { name, orgId } for a new one";
  return [{ key: "projectId", found, allowed }];
}

function regionRules({ provider, regions }: AtlasSettings): Problem[] {
  return [
    ...regions.flatMap(({ name }, at) => regionNameRules(provider, name, at)),
    ...repeated(regions.map(({ name }) => name)).map((name) => ({
      key: "regions",
      found: `${quoted(name)} more than once`,
      allowed: "each region once",
    })),
    ...regions.flatMap(({ electable, readOnly }, at) =>
      electable + readOnly > 0
        ? []
        : [{ key: `regions.${at}`, found: "no node", allowed: "electable or readOnly from 1 on" }],
    ),
    ...electableRules(regions),
  ];
}

function regionNameRules(provider: AtlasSettings["provider"], name: string, at: number): Problem[] {
  const providers = providersOfRegion(name);
  if (providers.includes(provider)) return [];
  const whose = providers.length > 0 ? `, a region of ${providers.join(" or ")}` : "";
  const allowed = `a region of ${provider} by Atlas' name, such as ${exampleRegion(provider)}`;
  return [{ key: `regions.${at}.name`, found: `${quoted(name)}${whose}`, allowed }];
}

/** Atlas elects a primary among an odd number of nodes. */
function electableRules(regions: AtlasSettings["regions"]): Problem[] {
  const electable = regions.reduce((sum, region) => sum + region.electable, 0);
  if ([3, 5, 7].includes(electable)) return [];
  const found = `${electable} electable nodes in all`;
  return [{ key: "regions", found, allowed: "3, 5 or 7 electable nodes in all" }];
}

function sizeRules({ provider, instanceSize, autoScaling }: AtlasSettings): Problem[] {
  const { min, max } = autoScaling.compute ?? {};
  const named = [
    ["instanceSize", instanceSize],
    ["autoScaling.compute.min", min],
    ["autoScaling.compute.max", max],
  ] as const;
  return named.flatMap(([key, size]) =>
    size === undefined || familyOfSize(provider, size).length > 0
      ? []
      : [{ key, found: `${quoted(size)}${whyNoSize(size)}`, allowed: allSizes(provider) }],
  );
}

function whyNoSize(size: string): string {
  const isShared = /^(M0|M2|M5|FLEX)$/i.test(size);
  return isShared ? ", which has neither backups nor custom roles for one cluster" : "";
}

function allSizes(provider: AtlasSettings["provider"]): string {
  return `a size of ${provider}: ${sizesOf(provider).flat().join(", ")}`;
}

function autoScalingRules(cluster: AtlasSettings): Problem[] {
  const { compute, disk } = cluster.autoScaling;
  if (compute) return computeRules(cluster, compute);
  if (!disk || cluster.diskSizeGb === undefined) return [];
  // Every `up` would set a disk back that has grown by itself.
  const found = `${cluster.diskSizeGb}, while the disk grows by itself`;
  const allowed = "absent; or autoScaling.disk: false; or autoScaling.compute as well";
  return [{ key: "diskSizeGb", found, allowed }];
}

function computeRules(
  { provider, instanceSize }: AtlasSettings,
  { min, max }: NonNullable<AtlasSettings["autoScaling"]["compute"]>,
): Problem[] {
  const family = familyOfSize(provider, instanceSize);
  const [least, size, most] = [min, instanceSize, max].map((one) => family.indexOf(one));
  if (least === undefined || size === undefined || most === undefined) return [];
  const key = "autoScaling.compute";
  const found = `${quoted(min)} to ${quoted(max)}, and instanceSize is ${quoted(instanceSize)}`;
  if (least < 0 || most < 0) {
    const allowed = `sizes of the same family: ${family.join(", ")}`;
    return family.length === 0 ? [] : [{ key, found, allowed }];
  }
  if (least <= size && size <= most) return [];
  return [{ key, found, allowed: "min up to instanceSize, and max from it on" }];
}

function shardRules({ provider, type, shards, instanceSize }: AtlasSettings): Problem[] {
  if (type === "replicaSet") {
    if (shards === undefined) return [];
    return [{ key: "shards", found: String(shards), allowed: "absent for a replicaSet" }];
  }
  const smallest = sizesOf(provider)[0]?.indexOf("M30") ?? 0;
  const at = sizesOf(provider)[0]?.indexOf(instanceSize) ?? -1;
  if (at < 0 || at >= smallest) return [];
  const allowed = "M30 or larger for a sharded cluster";
  return [{ key: "instanceSize", found: quoted(instanceSize), allowed }];
}

/** @see https://www.mongodb.com/docs/atlas/backup/cloud-backup/scheduling/ */
function backupRules({ backup }: AtlasSettings): Problem[] {
  const { enabled, pointInTime, restoreWindowDays, hourly, daily, weekly, monthly } = backup;
  if (!enabled) {
    const allowed = "false without backup.enabled";
    return pointInTime ? [{ key: "backup.pointInTime", found: "true", allowed }] : [];
  }
  const window = pointInTime ? [["restoreWindowDays", restoreWindowDays] as const] : [];
  // What is taken less often is kept at least as long.
  const kept = [
    ...window,
    ["hourly.keepDays", hourly.keepDays],
    ["daily.keepDays", daily.keepDays],
    ["weekly.keepWeeks", weekly.keepWeeks * 7],
    ["monthly.keepMonths", monthly.keepMonths * 31],
  ] as const;
  return kept.flatMap(([key, days], at) => {
    const [moreOften, least] = kept[at - 1] ?? ["", 0];
    if (days >= least) return [];
    const allowed = `at least as long as backup.${moreOften}, ${least} days`;
    return [{ key: `backup.${key}`, found: `${days} days`, allowed }];
  });
}

function accessRules({ provider, accessList }: AtlasSettings): Problem[] {
  const entries = accessList.map(({ address, range, awsSecurityGroup }) =>
    [address, range, awsSecurityGroup].filter((one) => one !== undefined),
  );
  const noAws = accessList.some(({ awsSecurityGroup }) => awsSecurityGroup) && provider !== "AWS";
  return [
    ...entries.flatMap((named, at) => {
      if (named.length === 1) return [];
      const found = named.length === 0 ? "nothing" : named.map(quoted).join(" and ");
      const allowed = "one of address, range, awsSecurityGroup";
      return [{ key: `accessList.${at}`, found, allowed }];
    }),
    ...repeated(entries.flat()).map((entry) => ({
      key: "accessList",
      found: `${quoted(entry)} more than once`,
      allowed: "each entry once",
    })),
    ...(noAws
      ? [
          {
            key: "accessList",
            found: `awsSecurityGroup on ${provider}`,
            allowed: "it on AWS alone",
          },
        ]
      : []),
  ];
}

/** A connection string that is left over from another kind is not quietly ignored. */
function connectionStringRules(settings: Settings): Problem[] {
  return (["mongoUri", "appMongoUri"] as const)
    .filter((key) => settings[key] !== undefined)
    .map((key) => ({
      key,
      found: "a connection string, and cluster.kind is atlas",
      allowed: "absent: the cluster gives its own",
    }));
}

function repeated(names: readonly string[]): string[] {
  return [...new Set(names.filter((name, at) => names.indexOf(name) !== at))];
}

const quoted = (value: string) => JSON.stringify(value);
