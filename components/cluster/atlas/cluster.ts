import type * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import type { AtlasSettings } from "../../settings";
import { childName, ProgramError } from "../../step/program";
import { withLogin, type Login } from "../login";
import { atlasSdk } from "./sdk";

type RegionConfig = mongodbatlas.types.input.AdvancedClusterReplicationSpecRegionConfig;

// Inputs that no setting controls keep Atlas' value. The plugin rejects `deleteOnCreateTimeout` on an imported cluster.
const unmanaged = ["adaptiveCapacity", "deleteOnCreateTimeout", "labels", "pinnedFcv", "tags"];

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
    // A taken-over cluster may have stricter TLS.
    ignoreChanges: settings.import ? [...unmanaged, "advancedConfiguration"] : unmanaged,
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
  const takesOver = settings.import;
  return {
    name,
    clusterType: "REPLICASET",
    mongoDbMajorVersion: mongoVersion,
    // Atlas orders regions by priority, from 7 down.
    replicationSpecs: [
      { regionConfigs: regions.map((region, at) => regionConfig(region, 7 - at, settings)) },
    ],
    // Without it, each `up` after a refresh would reset what Atlas has scaled. A taken-over cluster without
    // `compute` leaves it off, because turning it on removes analytics and read-only nodes.
    useEffectiveFields: autoScaling.compute !== undefined || (autoScaling.disk && !takesOver),
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

type Live = Pick<mongodbatlas.GetAdvancedClusterResult, "clusterType" | "replicationSpecs">;

/**
 * Checks with Atlas that the settings would remove nothing from a cluster to take over, and returns its project. If
 * Atlas does not answer, the import itself fails.
 *
 * @throws ProgramError with what would be lost, before anything changes
 */
export async function checkTakeOver(
  settings: AtlasSettings,
  parent: pulumi.Resource,
): Promise<string> {
  const { name, projectId = "" } = settings;
  const place = { projectId, name };
  const live = await atlasSdk()
    .getAdvancedCluster(place, { parent })
    .catch(() => undefined);
  const why = live && findObstacle(live, settings);
  if (why === undefined) return projectId;
  throw new ProgramError(
    `The Atlas cluster ${name} cannot be taken over: ${why}. Nothing was changed.`,
  );
}

/**
 * Describes what a cluster would lose under these settings, and what to do; undefined if nothing. The plugin keeps
 * analytics and read-only nodes only in regions that the settings list, and loses them when `useEffectiveFields` is
 * turned on (`plan_modifier.go` of mongodb/terraform-provider-mongodbatlas).
 */
export function findObstacle(
  { clusterType, replicationSpecs }: Live,
  { regions, autoScaling }: Pick<AtlasSettings, "regions" | "autoScaling">,
): string | undefined {
  const live = replicationSpecs.flatMap(({ regionConfigs }) => regionConfigs);
  const shared = live.find(({ providerName }) => /^(TENANT|FLEX|SERVERLESS)$/.test(providerName));
  if (shared) return "it is an M0, a Flex cluster or serverless. Upgrade it to M10 in Atlas first";
  if (clusterType !== "REPLICASET") {
    return `it is of type ${clusterType}, not a replica set. Use cluster.kind: existing`;
  }
  const others = live.flatMap(({ regionName, analyticsSpecs, readOnlySpecs }, at) => {
    // Atlas omits specs without nodes, whatever the plugin's types say.
    const countOf = (specs?: { nodeCount: number }) => specs?.nodeCount ?? 0;
    const count = countOf(analyticsSpecs) + countOf(readOnlySpecs);
    const isKept = !autoScaling.compute && regions[at]?.name === regionName;
    return count === 0 || isKept ? [] : [`${count} in ${regionName}`];
  });
  if (others.length === 0) return undefined;
  const advice = autoScaling.compute
    ? "Remove autoScaling.compute, or these nodes in Atlas"
    : "List the regions in Atlas' order, or remove these nodes in Atlas";
  return `it has nodes for analytics or reading that would be lost, ${others.join(", ")}. ${advice}`;
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
