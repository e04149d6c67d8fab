import * as pulumi from "@pulumi/pulumi";
import pRetry from "p-retry";
import { warning } from "../../text";
import type { AtlasSettings } from "../../settings";
import { logFinding, ProgramError, stackName } from "../../step/program";
import { atlasSdk } from "./sdk";

type Kind = "electableSpecs" | "analyticsSpecs" | "readOnlySpecs";

/** A region; the plugin omits kinds of nodes that it does not have. */
type Region = Partial<
  Record<Kind, { readonly nodeCount: number; readonly instanceSize?: string }>
> & {
  readonly providerName: string;
  readonly regionName: string;
  readonly autoScaling?: { readonly computeEnabled?: boolean };
};

/** A cluster as the plugin describes it; one that Atlas does not have has no specification. */
interface Live {
  readonly name: string;
  readonly projectId: string;
  readonly clusterType: string;
  readonly replicationSpecs?: readonly { readonly regionConfigs: readonly Region[] }[];
  readonly useEffectiveFields?: boolean;
}

/**
 * Checks that the settings remove nothing that they do not name from a cluster that exists, and returns its project.
 * Atlas is asked only about a cluster that the stack is to take over and does not have yet. Warns about a size that
 * Atlas ignores.
 *
 * @throws ProgramError with what would be lost, before anything changes
 */
export async function checkCluster(
  settings: AtlasSettings,
  parent: pulumi.Resource,
): Promise<string> {
  const { name, projectId, instanceSize, autoScaling } = settings;
  const own = await readOwnCluster(settings);
  if (own === undefined && !settings.import) return projectId;
  const live = own ?? (await askAtlas(settings, parent));
  const why = findLostNodes(live, settings) ?? findObstacle(live, settings);
  if (why !== undefined) {
    const advice =
      own && settings.import ? " The stack has the cluster: cluster.import may go." : "";
    const text = `The settings do not fit the Atlas cluster ${name}: ${why}.${advice} Nothing was changed.`;
    throw new ProgramError(text, parent);
  }
  const size = regionsOf(live)[0]?.electableSpecs?.instanceSize ?? "";
  if (autoScaling.compute && size !== instanceSize) {
    const text = `cluster.instanceSize: ${instanceSize} is ignored, because Atlas chooses the size (cluster.autoScaling.compute). Set ${size}, or remove compute to change the size.`;
    await logFinding(warning("size-ignored", text), parent);
  }
  return projectId;
}

const regionsOf = ({ replicationSpecs = [] }: Live) =>
  replicationSpecs.flatMap(({ regionConfigs }) => regionConfigs);

// Turning `useEffectiveFields` on loses them (`plan_modifier.go` of mongodb/terraform-provider-mongodbatlas).
function findLostNodes(live: Live, { autoScaling }: AtlasSettings): string | undefined {
  if (!autoScaling.compute || live.useEffectiveFields) return undefined;
  const others = regionsOf(live).flatMap(({ analyticsSpecs, readOnlySpecs, regionName }) => {
    const count = (analyticsSpecs?.nodeCount ?? 0) + (readOnlySpecs?.nodeCount ?? 0);
    return count === 0 ? [] : [`${count} in ${regionName}`];
  });
  if (others.length === 0) return undefined;
  return `it has nodes for analytics or reading that would be lost, ${others.join(", ")}. Remove cluster.autoScaling.compute, or these nodes in Atlas`;
}

// A change keeps other nodes only in regions that the settings name, and may reset provisioned disks.
function findObstacle(live: Live, settings: AtlasSettings): string | undefined {
  if (!settings.import) return undefined;
  if (live.replicationSpecs === undefined) return "the project has no cluster of this name";
  const regions = regionsOf(live);
  const isShared = ({ providerName }: Region) => /^(TENANT|FLEX|SERVERLESS)$/.test(providerName);
  const isFast = ({ electableSpecs }: Region) =>
    /NVME|PROVISIONED|HIGH_PERFORMANCE/.test(JSON.stringify(electableSpecs));
  const isScaled = ({ autoScaling }: Region) =>
    autoScaling?.computeEnabled && !settings.autoScaling.compute;
  const unmanaged = [
    regions.some(isShared) && "the tier of an M0, a Flex cluster or serverless",
    live.clusterType !== "REPLICASET" && `the type ${live.clusterType}`,
    regions.some(({ electableSpecs }) => !electableSpecs?.nodeCount) &&
      "a region without electable nodes",
    regions.some(isFast) && "disks that are provisioned or NVMe",
    regions.some(isScaled) && "tier scaling that cluster.autoScaling.compute does not name",
  ].filter((one) => one !== false);
  if (unmanaged.length > 0) return `it has ${unmanaged.join(", ")}. Use cluster.kind: existing`;
  const describe = (name: string, of: string, nodes = 0) => `${name} of ${of}: ${nodes}`;
  const found = regions.map(({ regionName, providerName, electableSpecs }) =>
    describe(regionName, providerName, electableSpecs?.nodeCount),
  );
  const named = settings.regions.map((one) => describe(one.name, settings.provider, one.electable));
  if (found.every((one, at) => one === named[at])) return undefined;
  return `its electable nodes are ${found.join(", ")}. Name each region in cluster.regions, in this order`;
}

function askAtlas({ name, projectId }: AtlasSettings, parent: pulumi.Resource): Promise<Live> {
  return atlasSdk()
    .getAdvancedCluster({ projectId, name }, { parent })
    .catch((error: unknown) => {
      const { message } = error as Error;
      const text = `Atlas does not say what the cluster ${name} has, so it is not taken over: ${message}. Run \`pulumi up\` again.`;
      throw new ProgramError(text, parent);
    });
}

/** The cluster from the stack's last update, even if that failed or was killed. */
async function readOwnCluster({ name, projectId }: AtlasSettings): Promise<Live | undefined> {
  const read = () =>
    pulumi.runtime.invoke("pulumi:pulumi:readStackResourceOutputs", { stackName: stackName() });
  // A backend of files shows an empty state while the engine writes it: the read then fails with EOF.
  const answer = (await pRetry(read, { retries: 3, minTimeout: 500 })) as {
    readonly outputs: Readonly<Record<string, { type: string; outputs: Live }>>;
  };
  return Object.values(answer.outputs)
    .filter(({ type }) => type === "mongodbatlas:index/advancedCluster:AdvancedCluster")
    .map(({ outputs }) => outputs)
    .find((own) => own.name === name && own.projectId === projectId);
}
