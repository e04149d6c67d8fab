import { expect, it } from "vitest";
import { findObstacle } from "../../../components/cluster/atlas/check";
import { atlasSettings } from "./settings";

const named = {
  import: true,
  instanceSize: "M40",
  mongoVersion: "7.0",
  autoScaling: { disk: true },
  regions: [{ name: "EU_CENTRAL_1", electable: 3 }],
  backup: { enabled: true, pointInTime: false },
};
const region = { providerName: "AWS", regionName: "EU_CENTRAL_1", priority: 7 };
const analytics = { analyticsSpecs: { nodeCount: 2 } };
const compute = { min: "M40", max: "M60" };

/** What Atlas says of the cluster, as far as it is looked at: it leaves out what there is none of. */
function obstacleIn(
  regionConfigs: readonly object[],
  more: object = {},
  clusterType = "REPLICASET",
) {
  const live = { clusterType, replicationSpecs: [{ regionConfigs }] };
  return findObstacle(
    live as unknown as Parameters<typeof findObstacle>[0],
    atlasSettings({ ...named, ...more }),
  );
}

it.each(["TENANT", "FLEX", "SERVERLESS"])("refuses a cluster of %s by name", (providerName) => {
  expect(obstacleIn([{ ...region, providerName }])).toContain("M0, a Flex cluster or serverless");
});

it("refuses a sharded cluster by its type", () => {
  expect(obstacleIn([region], {}, "SHARDED")).toContain("of type SHARDED");
});

it("takes nodes for analytics and reading in a region of the settings, unless Atlas scales the size", () => {
  const reading = { readOnlySpecs: { nodeCount: 1 } };
  expect(obstacleIn([{ ...region, ...analytics, ...reading }])).toBeUndefined();
  expect(
    obstacleIn([{ ...region, ...analytics, ...reading }], { autoScaling: { disk: true, compute } }),
  ).toContain("3 in EU_CENTRAL_1. Remove autoScaling.compute");
  expect(
    obstacleIn([{ ...region, analyticsSpecs: { nodeCount: 0 } }], {
      autoScaling: { disk: true, compute },
    }),
  ).toBeUndefined();
});

it("refuses nodes in a region that the settings do not list there", () => {
  const other = { ...region, regionName: "EU_WEST_1", priority: 0 };
  expect(obstacleIn([region, { ...other, ...analytics }])).toContain("2 in EU_WEST_1. List");
});
