import * as pulumi from "@pulumi/pulumi";
import { warning } from "../../contract/finding";
import type { AtlasSettings } from "../../settings";
import { logFinding, ProgramError, stackName } from "../../step/program";
import { atlasSdk } from "./sdk";

interface Nodes {
  readonly nodeCount: number;
  readonly instanceSize?: string;
  readonly ebsVolumeType?: string;
}

/** A region; the plugin omits nodes that it does not have. */
interface Region {
  readonly providerName: string;
  readonly regionName: string;
  readonly electableSpecs?: Nodes;
  readonly analyticsSpecs?: Nodes;
  readonly readOnlySpecs?: Nodes;
  readonly autoScaling?: { readonly computeEnabled?: boolean };
}

/** A cluster as the plugin describes it; one that Atlas does not have has no specification. */
interface Live {
  readonly clusterType: string;
  readonly replicationSpecs?: readonly { readonly regionConfigs: readonly Region[] }[];
  readonly useEffectiveFields?: boolean;
}

/**
 * Checks that the settings would remove nothing that they do not name from a cluster that exists, and returns its
 * project. Atlas is asked only about a cluster that the stack is to take over and does not have yet. Warns about a
 * size that Atlas ignores.
 *
 * @throws ProgramError with what would be lost, before anything changes
 */
export async function checkCluster(
  settings: AtlasSettings,
  projectId: string,
  parent: pulumi.Resource,
): Promise<string> {
  const { name, instanceSize, autoScaling } = settings;
  const own = await readOwnCluster(name, projectId);
  if (own === undefined && !settings.import) return projectId;
  const live = own ?? (await askAtlas(name, projectId, parent));
  const lost = describeLostNodes(live, settings);
  const why = lost ?? (settings.import ? findObstacle(live, settings) : undefined);
  if (why !== undefined) {
    const advice = own && !lost ? " To change it to the settings, remove cluster.import." : "";
    throw new ProgramError(
      `The Atlas cluster ${name} cannot ${own ? "change" : "be taken over"} like this: ${why}.${advice} Nothing was changed.`,
    );
  }
  const size = regionsOf(live)[0]?.electableSpecs?.instanceSize;
  if (autoScaling.compute && size !== instanceSize) {
    const text =
      `cluster.instanceSize: ${instanceSize} is ignored, because Atlas chooses the size (cluster.autoScaling.compute). ` +
      `The stack keeps ${size ?? "the size at creation"}: set that, or remove compute to change the size.`;
    await logFinding(warning("size-ignored", text), parent);
  }
  return projectId;
}

/**
 * Nodes that turning `autoScaling.compute` on would lose (`plan_modifier.go` of mongodb/terraform-provider-mongodbatlas).
 */
function describeLostNodes(live: Live, { autoScaling }: AtlasSettings): string | undefined {
  const others = regionsOf(live)
    .map(({ analyticsSpecs, readOnlySpecs, regionName }) => ({
      regionName,
      count: (analyticsSpecs?.nodeCount ?? 0) + (readOnlySpecs?.nodeCount ?? 0),
    }))
    .filter(({ count }) => count > 0);
  if (!autoScaling.compute || live.useEffectiveFields || others.length === 0) return undefined;
  const lost = others.map(({ count, regionName }) => `${count} in ${regionName}`).join(", ");
  return `it has nodes for analytics or reading that would be lost, ${lost}. Remove cluster.autoScaling.compute, or these nodes in Atlas`;
}

/**
 * Why the settings cannot describe a cluster to take over, and what to do; undefined if they do. A change keeps nodes
 * for analytics and reading only in regions that the settings name, and no provisioned disk.
 */
function findObstacle(live: Live, settings: AtlasSettings): string | undefined {
  const { provider } = settings;
  const regions = regionsOf(live);
  if (live.replicationSpecs === undefined) return "the project has no cluster of this name";
  if (regions.some(({ providerName }) => /^(TENANT|FLEX|SERVERLESS)$/.test(providerName))) {
    return "it is an M0, a Flex cluster or serverless. Upgrade it to M10 in Atlas first";
  }
  const unmanaged = describeUnmanaged(live, settings);
  if (unmanaged !== undefined) return `${unmanaged}. Use cluster.kind: existing`;
  const isNamed = ({ regionName, providerName, electableSpecs }: Region, at: number) => {
    const { name, electable } = settings.regions[at] ?? {};
    return (
      name === regionName && provider === providerName && electable === electableSpecs?.nodeCount
    );
  };
  if (regions.every(isNamed)) return undefined;
  const all = regions.map(
    ({ regionName, providerName, electableSpecs }) =>
      `${regionName} of ${providerName} with ${electableSpecs?.nodeCount ?? 0}`,
  );
  return `its regions and electable nodes are ${all.join(", ")}. Name each in cluster.regions, in this order, and the provider; with several providers use cluster.kind: existing`;
}

/** What the stack cannot keep of a cluster, because no setting names it. */
function describeUnmanaged(
  { clusterType, ...live }: Live,
  { autoScaling }: AtlasSettings,
): string | undefined {
  if (clusterType !== "REPLICASET") return `it is of type ${clusterType}, not a replica set`;
  const regions = regionsOf(live);
  const without = regions.find(({ electableSpecs }) => !electableSpecs?.nodeCount);
  if (without) return `its region ${without.regionName} has no electable nodes`;
  const isFast = ({ ebsVolumeType, instanceSize = "" }: Nodes) =>
    instanceSize.endsWith("_NVME") || /^(PROVISIONED|HIGH_PERFORMANCE)$/.test(ebsVolumeType ?? "");
  if (regions.some(({ electableSpecs }) => electableSpecs && isFast(electableSpecs))) {
    return "its disks are provisioned or NVMe, which a change of the size may reset";
  }
  const isScaled = regions.some(({ autoScaling }) => autoScaling?.computeEnabled);
  if (isScaled && !autoScaling.compute) {
    return "Atlas scales its size, which would end. Name cluster.autoScaling.compute";
  }
  return undefined;
}

const regionsOf = ({ replicationSpecs = [] }: Pick<Live, "replicationSpecs">) =>
  replicationSpecs.flatMap(({ regionConfigs }) => regionConfigs);

async function askAtlas(name: string, projectId: string, parent: pulumi.Resource): Promise<Live> {
  try {
    return await atlasSdk().getAdvancedCluster({ projectId, name }, { parent });
  } catch (error) {
    throw new ProgramError(
      `Atlas does not say what the cluster ${name} has, so it is not taken over: ${(error as Error).message}. Run \`pulumi up\` again.`,
    );
  }
}

const atlasCluster = "mongodbatlas:index/advancedCluster:AdvancedCluster";

type Own = Live & { readonly name: string; readonly projectId: string };

/** The cluster from the stack's last update, even if that failed or was killed. */
async function readOwnCluster(name: string, projectId: string): Promise<Own | undefined> {
  const answer = (await pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", {
    stackName: stackName(),
  })) as { readonly outputs: Readonly<Record<string, { type: string; outputs: Own }>> };
  return Object.values(answer.outputs)
    .filter(({ type }) => type === atlasCluster)
    .map(({ outputs }) => outputs)
    .find((own) => own.name === name && own.projectId === projectId);
}
