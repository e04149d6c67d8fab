import type * as mongodbatlas from "@pulumi/mongodbatlas";
import * as pulumi from "@pulumi/pulumi";
import { warning } from "../../contract/finding";
import type { AtlasSettings } from "../../settings";
import { logFinding, ProgramError, stackName } from "../../step/program";
import { atlasSdk } from "./sdk";

/** A cluster as the plugin's outputs describe it. */
type Live = Pick<mongodbatlas.GetAdvancedClusterResult, "clusterType" | "replicationSpecs"> & {
  readonly useEffectiveFields?: boolean;
};

/**
 * Checks that the settings would remove nothing from a cluster that exists, and returns its project. If Atlas does
 * not answer, the import itself fails. Warns about a size that Atlas ignores.
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
  const asked = async () =>
    atlasSdk()
      .getAdvancedCluster({ projectId, name }, { parent })
      .catch(() => undefined);
  const live = own ?? (settings.import ? await asked() : undefined);
  if (live === undefined) return projectId;
  const why = findObstacle(live, settings);
  if (why !== undefined) {
    throw new ProgramError(
      `The Atlas cluster ${name} cannot ${own ? "change" : "be taken over"} like this: ${why}. Nothing was changed.`,
    );
  }
  const size = live.replicationSpecs[0]?.regionConfigs[0]?.electableSpecs?.instanceSize;
  if (autoScaling.compute && size !== instanceSize) {
    const text =
      `cluster.instanceSize: ${instanceSize} is ignored, because Atlas chooses the size (cluster.autoScaling.compute). ` +
      `The stack keeps ${size ?? "the size at creation"}: set that, or remove compute to change the size.`;
    await logFinding(warning("size-ignored", text), parent);
  }
  return projectId;
}

/**
 * Describes what a cluster would lose under these settings, and what to do; undefined if nothing. The plugin keeps
 * analytics and read-only nodes only in regions that the settings list, and loses them when `useEffectiveFields` is
 * turned on (`plan_modifier.go` of mongodb/terraform-provider-mongodbatlas).
 */
export function findObstacle(
  { clusterType, replicationSpecs, useEffectiveFields }: Live,
  settings: Pick<AtlasSettings, "import" | "regions" | "autoScaling">,
): string | undefined {
  const { regions, autoScaling } = settings;
  const turnsOn = autoScaling.compute !== undefined && !useEffectiveFields;
  if (!settings.import && !turnsOn) return undefined;
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
    const isKept = !turnsOn && regions[at]?.name === regionName;
    return count === 0 || isKept ? [] : [`${count} in ${regionName}`];
  });
  if (others.length === 0) return undefined;
  const advice = turnsOn
    ? "Remove autoScaling.compute, or these nodes in Atlas"
    : "List the regions in Atlas' order, or remove these nodes in Atlas";
  return `it has nodes for analytics or reading that would be lost, ${others.join(", ")}. ${advice}`;
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
