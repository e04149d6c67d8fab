import type * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import type { AtlasSettings } from "../../settings";
import { childName, ProgramError } from "../../step/program";
import { withLogin, type Login } from "../login";
import { atlasSdk } from "./sdk";

type RegionConfig = mongodbatlas.types.input.AdvancedClusterReplicationSpecRegionConfig;

// What only a creation sets, such as the minimum of TLS, keeps Atlas' value afterwards: that may be stricter. The plugin
// rejects `deleteOnCreateTimeout` on an imported cluster.
const unmanaged = [
  "adaptiveCapacity",
  "advancedConfiguration",
  "deleteOnCreateTimeout",
  "labels",
  "pinnedFcv",
  "tags",
];

// With tier scaling Atlas ignores a changed size. The state keeps the old one, so that the preview which turns scaling
// off shows the change.
const scaledSize = "replicationSpecs[*].regionConfigs[*].electableSpecs.instanceSize";

/**
 * The cluster. An existing one is taken over and changed in one update. Removing it from the stack keeps it in
 * Atlas, and with `protection` neither the engine nor Atlas deletes it.
 */
export function createCluster(
  settings: AtlasSettings,
  projectId: pulumi.Input<string>,
  options: pulumi.CustomResourceOptions,
): mongodbatlas.AdvancedCluster {
  const kept = {
    ignoreChanges: settings.autoScaling.compute ? [...unmanaged, scaledSize] : unmanaged,
    ...options,
    protect: settings.protection,
    retainOnDelete: true,
    // The engine ignores this for a cluster that the stack already has.
    ...(settings.import && { import: `${settings.projectId ?? ""}-${settings.name}` }),
  };
  const args = { ...clusterArgs(settings), projectId };
  return new (atlasSdk().AdvancedCluster)(childName(options.parent, "cluster"), args, kept);
}

/** The cluster's arguments, without the project. */
export function clusterArgs(
  settings: AtlasSettings,
): Omit<mongodbatlas.AdvancedClusterArgs, "projectId"> {
  const { name, mongoVersion, regions, autoScaling, backup, protection } = settings;
  return {
    name,
    clusterType: "REPLICASET",
    mongoDbMajorVersion: mongoVersion,
    // Atlas orders regions by priority, from 7 down.
    replicationSpecs: [
      { regionConfigs: regions.map((region, at) => regionConfig(region, 7 - at, settings)) },
    ],
    // With it, Atlas ignores sizes. Without it, each `up` after a refresh would reset the size that Atlas chose.
    useEffectiveFields: autoScaling.compute !== undefined,
    backupEnabled: backup.enabled,
    pitEnabled: backup.pointInTime,
    retainBackupsEnabled: true,
    terminationProtectionEnabled: protection,
    advancedConfiguration: { minimumEnabledTlsProtocol: "TLS1_2" },
    // A creation that times out continues in Atlas, and the plugin forgets it: see "A creation that ended badly"
    // in docs/cluster-atlas.md.
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

type Strings = mongodbatlas.types.output.AdvancedClusterConnectionStrings;

/**
 * The connection string of a user for the address type in the settings; secret.
 *
 * @throws ProgramError if the cluster has no such address, with those that it has
 */
export function atlasConnectionString(
  strings: Strings,
  { connection }: Pick<AtlasSettings, "connection">,
  login: Login,
): string {
  if (connection === "standard") return withLogin(strings.standardSrv, login);
  // Atlas omits the key if there are none, whatever the plugin's type says.
  const { privateEndpoints = [] } = strings as Partial<Strings>;
  const id = connection.replace("privateEndpoint:", "");
  const endpoint = privateEndpoints.find(({ endpoints }) =>
    endpoints.some(({ endpointId }) => endpointId === id),
  );
  const found = connection === "private" ? strings.privateSrv : endpoint?.srvConnectionString;
  if (found) return withLogin(found, login);
  const ids = privateEndpoints.flatMap(({ endpoints }) =>
    endpoints.map(({ endpointId }) => `privateEndpoint:${endpointId}`),
  );
  const known = ["standard", ...(strings.privateSrv ? ["private"] : []), ...ids].join(", ");
  throw new ProgramError(
    `The cluster has no connection string for cluster.connection: ${connection}; it has ${known}. ` +
      "Set one of these, or set up the network for it and run `pulumi up --refresh`.",
  );
}
