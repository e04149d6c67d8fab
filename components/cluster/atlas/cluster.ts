import * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import type { AtlasSettings } from "../../settings";

type RegionConfig = mongodbatlas.types.input.AdvancedClusterReplicationSpecRegionConfig;

/**
 * What no setting names: an `up` keeps it as Atlas has it. `deleteOnCreateTimeout` counts only at a creation,
 * and the plugin refuses it of a cluster that was imported.
 */
const unnamed = ["adaptiveCapacity", "deleteOnCreateTimeout", "labels", "pinnedFcv", "tags"];

/**
 * The cluster itself; one that exists is taken over and changed in the same update. Destroying the stack,
 * or taking it out of the stack, leaves it in Atlas; with `protection` neither the engine nor Atlas deletes
 * it at all.
 */
export function createCluster(
  settings: AtlasSettings,
  projectId: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): mongodbatlas.AdvancedCluster {
  const kept = {
    // The TLS of a cluster that is taken over may be stricter than ours.
    ignoreChanges: settings.import ? [...unnamed, "advancedConfiguration"] : unnamed,
    ...options,
    protect: settings.protection,
    retainOnDelete: true,
    // One that the stack has already is not imported again.
    ...(settings.import && { import: `${settings.projectId ?? ""}-${settings.name}` }),
  };
  const args = { ...clusterArgs(settings), projectId };
  return new mongodbatlas.AdvancedCluster("cluster", args, kept);
}

/** What the settings ask of Atlas, without the project. */
export function clusterArgs(
  settings: AtlasSettings,
): Omit<mongodbatlas.AdvancedClusterArgs, "projectId"> {
  const { name, mongoVersion, regions, autoScaling, backup, protection } = settings;
  const takesOver = settings.import;
  return {
    name,
    clusterType: "REPLICASET",
    mongoDbMajorVersion: mongoVersion,
    // Atlas prefers the regions for the primary by their priority, from 7 down.
    replicationSpecs: [
      { regionConfigs: regions.map((region, at) => regionConfig(region, 7 - at, settings)) },
    ],
    // Else every `up` after a refresh would set back what Atlas has scaled. Without `compute` a cluster that
    // is taken over does without: the plugin keeps its nodes for analytics and reading only if this stays.
    useEffectiveFields: autoScaling.compute !== undefined || (autoScaling.disk && !takesOver),
    backupEnabled: backup.enabled,
    pitEnabled: backup.pointInTime,
    retainBackupsEnabled: true,
    terminationProtectionEnabled: protection,
    advancedConfiguration: { minimumEnabledTlsProtocol: "TLS1_2" },
    // A creation that takes longer than expected goes on in Atlas. The plugin forgets it: see "A creation
    // that ended badly" in docs/cluster-atlas.md.
    deleteOnCreateTimeout: false,
    timeouts: { create: "180m", update: "360m" },
  };
}

function regionConfig(
  { name, electable }: AtlasSettings["regions"][number],
  priority: number,
  { provider, instanceSize, diskSizeGb, autoScaling: { compute, disk } }: AtlasSettings,
): RegionConfig {
  return {
    providerName: provider,
    regionName: name,
    priority,
    electableSpecs: {
      instanceSize,
      nodeCount: electable,
      ...(diskSizeGb !== undefined && { diskSizeGb }),
    },
    autoScaling: {
      diskGbEnabled: disk,
      computeEnabled: compute !== undefined,
      ...(compute && {
        computeMaxInstanceSize: compute.max,
        computeScaleDownEnabled: compute.scaleDown,
        ...(compute.scaleDown && { computeMinInstanceSize: compute.min }),
      }),
    },
  };
}
