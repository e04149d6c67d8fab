import type { Problem } from "../problems";
import type { AtlasSettings } from "./atlas";
import { familyOfSize, sizesOf } from "./atlas-places";

/** The rules about a cluster's sizes, and about what Atlas scales by itself. */
export function sizeRules(cluster: AtlasSettings): Problem[] {
  return [...existingSizes(cluster), ...autoScalingRules(cluster), ...shardRules(cluster)];
}

function existingSizes({ provider, instanceSize, autoScaling }: AtlasSettings): Problem[] {
  const { min, max } = autoScaling.compute ?? {};
  const named = [
    ["instanceSize", instanceSize],
    ["autoScaling.compute.min", min],
    ["autoScaling.compute.max", max],
  ] as const;
  const allowed = `a size of ${provider}: ${sizesOf(provider).flat().join(", ")}`;
  return named.flatMap(([key, size]) =>
    size === undefined || familyOfSize(provider, size).length > 0
      ? []
      : [{ key, found: `${JSON.stringify(size)}${whyNoSize(size)}`, allowed }],
  );
}

function whyNoSize(size: string): string {
  const isShared = /^(M0|M2|M5|FLEX)$/i.test(size);
  return isShared ? ", which is shared: without a schedule of backups and without limits" : "";
}

function autoScalingRules(cluster: AtlasSettings): Problem[] {
  const { compute, disk } = cluster.autoScaling;
  if (compute) return limitRules(cluster, compute);
  if (!disk || cluster.diskSizeGb === undefined) return [];
  // Every `up` would set a disk back that has grown by itself.
  const found = `${cluster.diskSizeGb}, while the disk grows by itself`;
  const allowed = "absent; or autoScaling.disk: false; or autoScaling.compute as well";
  return [{ key: "diskSizeGb", found, allowed }];
}

function limitRules(
  { provider, instanceSize }: AtlasSettings,
  { min, max }: NonNullable<AtlasSettings["autoScaling"]["compute"]>,
): Problem[] {
  const family = familyOfSize(provider, instanceSize);
  const isOwn = (size: string) => family.includes(size);
  const problem = (allowed: string) => {
    const found = `"${min}" to "${max}", and instanceSize is "${instanceSize}"`;
    return [{ key: "autoScaling.compute", found, allowed }];
  };
  // A size that there is not is a problem of its own.
  if (family.length === 0) return [];
  if (!isOwn(min) || !isOwn(max)) {
    return problem(`sizes of the same family: ${family.join(", ")}`);
  }
  const inOrder = [min, instanceSize, max].map((size) => family.indexOf(size));
  if (inOrder.every((at, place) => at >= (inOrder[place - 1] ?? 0))) return [];
  return problem("min up to instanceSize, and max from it on");
}

function shardRules({ type, shards, instanceSize }: AtlasSettings): Problem[] {
  if (type === "sharded") return shardSize("instanceSize", instanceSize);
  if (shards === undefined) return [];
  return [{ key: "shards", found: String(shards), allowed: "absent for a replicaSet" }];
}

/** Atlas has no sharded clusters of its two smallest sizes. */
function shardSize(key: string, size: string): Problem[] {
  if (!["M10", "M20"].includes(size)) return [];
  const allowed = "M30 or larger for a sharded cluster";
  return [{ key, found: JSON.stringify(size), allowed }];
}

/**
 * The rules about shards that Atlas scales by itself. The provider cannot leave alone what Atlas has
 * scaled where there are several shards: an `up` after a refresh would set it back.
 *
 * @see https://www.pulumi.com/registry/packages/mongodbatlas/api-docs/advancedcluster/
 */
export function scaledRules({ type, shards = 1, autoScaling }: AtlasSettings): Problem[] {
  const { compute } = autoScaling;
  if (type !== "sharded" || compute === undefined) return [];
  if (shards === 1) return shardSize("autoScaling.compute.min", compute.min);
  const found = `limits for ${shards} shards`;
  return [{ key: "autoScaling.compute", found, allowed: "absent with more than one shard" }];
}
