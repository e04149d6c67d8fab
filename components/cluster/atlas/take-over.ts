import * as mongodbatlas from "@pulumi/mongodbatlas";
import type * as pulumi from "@pulumi/pulumi";
import type { AtlasSettings } from "../../settings";
import { ProgramError } from "../../step/program";

type Live = Pick<mongodbatlas.GetAdvancedClusterResult, "clusterType" | "replicationSpecs">;

/**
 * The project of a cluster that is to be taken over, once Atlas has said that it can be. If Atlas does not
 * answer, the import itself says so: a stack that has the cluster needs no answer.
 *
 * @throws ProgramError with what the cluster has that would be lost, before anything is changed
 */
export async function checkTakeOver(
  settings: AtlasSettings,
  parent: pulumi.Resource,
): Promise<string> {
  const { name, projectId = "" } = settings;
  const place = { projectId, name };
  const live = await mongodbatlas.getAdvancedCluster(place, { parent }).catch(() => undefined);
  const why = live && findObstacle(live, settings);
  if (why === undefined) return projectId;
  throw new ProgramError(
    `The Atlas cluster ${name} cannot be taken over: ${why}. Nothing was changed.`,
  );
}

/**
 * What a cluster has that the settings cannot keep, and what to do; undefined if there is nothing.
 *
 * The plugin keeps nodes for analytics and reading in the regions that it is told of, and not while
 * `useEffectiveFields` turns on (`plan_modifier.go` of mongodb/terraform-provider-mongodbatlas).
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
    // Atlas' answer leaves out what there is none of, whatever the plugin's types say.
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
