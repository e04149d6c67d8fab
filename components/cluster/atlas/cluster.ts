import type * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import type { AtlasSettings } from "../../settings";
import { childName, ProgramError } from "../../step/program";
import { withLogin, type Login } from "../login";
import { atlasSdk } from "./sdk";

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
    ...(settings.import && { import: `${settings.projectId}-${settings.name}` }),
  };
  const args = { ...clusterArgs(settings), projectId };
  return new (atlasSdk().AdvancedCluster)(childName(options.parent, "cluster"), args, kept);
}

/** The cluster's arguments, without the project. */
export function clusterArgs(
  settings: AtlasSettings,
): Omit<mongodbatlas.AdvancedClusterArgs, "projectId"> {
  const { name, provider, regions, instanceSize, backup, tags, protection } = settings;
  const { compute, disk } = settings.autoScaling;
  const autoScaling = {
    diskGbEnabled: disk,
    computeEnabled: compute !== undefined,
    ...(compute && {
      computeMaxInstanceSize: compute.max,
      computeScaleDownEnabled: compute.scaleDown,
      ...(compute.scaleDown && { computeMinInstanceSize: compute.min }),
    }),
  };
  const regionConfigs = regions.map(({ name, electable }, at) => ({
    providerName: provider,
    regionName: name,
    // Atlas orders regions by priority, from 7 down.
    priority: 7 - at,
    electableSpecs: { instanceSize, nodeCount: electable },
    autoScaling,
  }));
  return {
    name,
    clusterType: "REPLICASET",
    mongoDbMajorVersion: settings.mongoVersion,
    replicationSpecs: [{ regionConfigs }],
    // With it, Atlas ignores sizes. Without it, each `up` after a refresh would reset the size that Atlas chose.
    useEffectiveFields: compute !== undefined,
    backupEnabled: backup.enabled,
    pitEnabled: backup.pointInTime ?? backup.enabled,
    retainBackupsEnabled: true,
    terminationProtectionEnabled: protection,
    ...(tags && { tags }),
    advancedConfiguration: { minimumEnabledTlsProtocol: "TLS1_2" },
    // A creation that times out continues in Atlas, and the plugin forgets it (docs/cluster-atlas.md).
    deleteOnCreateTimeout: false,
    timeouts: { create: "180m", update: "360m" },
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
  // Atlas omits the key if there are none, whatever the plugin's type says.
  const { privateEndpoints = [] } = strings as Partial<Strings>;
  const ofEndpoints = privateEndpoints.flatMap(({ endpoints, srvConnectionString }) =>
    endpoints.map(({ endpointId }) => [`privateEndpoint:${endpointId}`, srvConnectionString]),
  );
  const addresses = [
    ["standard", strings.standardSrv],
    ["private", strings.privateSrv],
  ]
    .concat(ofEndpoints)
    .filter(([, address]) => address);
  const [, found] = addresses.find(([name]) => name === connection) ?? [];
  if (found) return withLogin(found, login);
  throw new ProgramError(
    `The cluster has no connection string for cluster.connection: ${connection}; it has ${addresses.map(([name]) => name).join(", ")}. ` +
      "Set one of these, or set up the network for it and run `pulumi up --refresh`.",
  );
}
