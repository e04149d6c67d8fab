import type { Problem } from "../problems";
import type { AtlasSettings } from "./atlas";

/**
 * The rules about a cluster's sizes, and about what Atlas scales by itself. Which sizes and regions a
 * cloud has Atlas knows best: it refuses one that there is not in the stack's first step.
 */
export function sizeRules(cluster: AtlasSettings): Problem[] {
  return [...autoScalingRules(cluster), ...shardRules(cluster)];
}

function autoScalingRules({ autoScaling, diskSizeGb }: AtlasSettings): Problem[] {
  if (autoScaling.compute || !autoScaling.disk || diskSizeGb === undefined) return [];
  // Every `up` would set a disk back that has grown by itself.
  const found = `${diskSizeGb}, while the disk grows by itself`;
  const allowed = "absent; or autoScaling.disk: false; or autoScaling.compute as well";
  return [{ key: "diskSizeGb", found, allowed }];
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
