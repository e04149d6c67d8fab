import * as pulumi from "@pulumi/pulumi";
import { expect, it } from "vitest";
import { checkCluster } from "../../../components/cluster/atlas/check";
import { atlasSettings } from "./settings";

const projectId = "5f0000000000000000000001";
const region = {
  providerName: "AWS",
  regionName: "EU_CENTRAL_1",
  electableSpecs: { instanceSize: "M10", nodeCount: 3 },
};
const reading = { ...region, readOnlySpecs: { nodeCount: 1 } };
const clusterOf = (...regionConfigs: readonly object[]) => ({
  name: "taskrunner",
  projectId,
  clusterType: "REPLICASET",
  replicationSpecs: [{ regionConfigs }],
});
const compute = { min: "M10", max: "M40" };

/**
 * Checks settings, and returns how often Atlas was asked.
 *
 * @param own the cluster in the stack's state, or an error for the first read of it
 * @param live what Atlas answers: as the plugin has it, a cluster that Atlas lacks has only its place
 */
async function check(
  more: object,
  own?: object,
  live: object = { name: "taskrunner", projectId },
): Promise<number> {
  let asked = 0;
  const kept = own instanceof Error ? undefined : own;
  let unread = own !== kept;
  const type = "mongodbatlas:index/advancedCluster:AdvancedCluster";
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
    call: ({ token }) => {
      if (token.endsWith(":readStackResourceOutputs")) {
        if (unread) {
          unread = false;
          throw own as Error;
        }
        return { outputs: kept ? { urn: { type, outputs: kept } } : {} };
      }
      asked += 1;
      if (live instanceof Error) throw live;
      return live;
    },
  };
  await pulumi.runtime.setMocks(mocks, "taskrunner-storage", "test", false, "organization");
  const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
  try {
    await checkCluster(atlasSettings(more), parent);
    return asked;
  } finally {
    // The next test has a monitor of its own, which does not know this resource.
    await pulumi.runtime.disconnect();
  }
}

it("asks Atlas nothing about a cluster of the stack's own, or one that it creates", async () => {
  expect(await check({}, clusterOf(region))).toBe(0);
  expect(await check({})).toBe(0);
});

it("reads the state again that the engine writes at that moment", async () => {
  expect(await check({}, new Error("failed to load checkpoint: EOF"))).toBe(0);
});

it("refuses to lose read-only nodes when `compute` is turned on, and only then", async () => {
  const autoScaling = { compute };
  await expect(check({ autoScaling }, clusterOf(reading))).rejects.toThrow("1 in EU_CENTRAL_1");
  expect(await check({}, clusterOf(reading))).toBe(0);
  const isOn = { ...clusterOf(reading), useEffectiveFields: true };
  expect(await check({ autoScaling }, isOn)).toBe(0);
});

const takenOver = {
  import: true,
  instanceSize: "M10",
  mongoVersion: "8.0",
  autoScaling: { disk: true },
  regions: [{ name: "EU_CENTRAL_1", electable: 3 }],
  backup: { enabled: true, pointInTime: true },
};
const electable = (nodeCount: number) => ({ electableSpecs: { instanceSize: "M10", nodeCount } });
const other = { providerName: "AWS", regionName: "EU_WEST_1", ...electable(2) };

it("takes over a cluster whose regions are all named, with its other nodes", async () => {
  const analytics = { ...region, analyticsSpecs: { nodeCount: 2 } };
  expect(await check(takenOver, undefined, clusterOf(analytics))).toBe(1);
  const regions = [...takenOver.regions, { name: "EU_WEST_1", electable: 2 }];
  expect(await check({ ...takenOver, regions }, undefined, clusterOf(region, other))).toBe(1);
});

it("asks Atlas nothing about a cluster that was taken over, and compares the state", async () => {
  expect(await check(takenOver, clusterOf(region))).toBe(0);
  // A first `up` in filesystem mode imports it without a look.
  await expect(check(takenOver, clusterOf(region, other))).rejects.toThrow("cluster.import may go");
});

it.each<readonly [string, object, RegExp]>([
  ["a region that is not named", clusterOf(region, other), /EU_WEST_1 of AWS: 2\. /],
  ["another number of electable nodes", clusterOf({ ...region, ...electable(5) }), /AWS: 5\. /],
  ["another cloud's region", clusterOf({ ...region, providerName: "GCP" }), /of GCP: 3/],
  [
    "a region without electable nodes",
    clusterOf(region, { ...other, electableSpecs: undefined, readOnlySpecs: { nodeCount: 1 } }),
    /region without electable nodes\. .*kind: existing/,
  ],
  [
    "provisioned disks",
    clusterOf({ ...region, electableSpecs: { nodeCount: 3, ebsVolumeType: "PROVISIONED" } }),
    /provisioned or NVMe\. .*kind: existing/,
  ],
  [
    "NVMe disks",
    clusterOf({ ...region, electableSpecs: { nodeCount: 3, instanceSize: "M40_NVME" } }),
    /provisioned or NVMe\. .*kind: existing/,
  ],
  [
    "tier scaling that is not named",
    clusterOf({ ...region, autoScaling: { computeEnabled: true } }),
    /autoScaling\.compute does not name\. .*kind: existing/,
  ],
  ["a name that no cluster has", { name: "taskrunner", projectId }, /no cluster of this name/],
  [
    "an answer that is an error",
    Object.assign(new Error(), { details: "HTTP 429" }),
    /429.* Run `pulumi up` again/,
  ],
  ["a sharded cluster", { ...clusterOf(region), clusterType: "SHARDED" }, /the type SHARDED/],
  ["an M0", clusterOf({ ...region, providerName: "TENANT" }), /M0, a Flex cluster/],
  ["a Flex cluster", clusterOf({ ...region, providerName: "FLEX" }), /M0, a Flex cluster/],
  ["serverless", clusterOf({ ...region, providerName: "SERVERLESS" }), /M0, a Flex cluster/],
])("refuses to take over %s", async (_what, live, words) => {
  await expect(check(takenOver, undefined, live)).rejects.toThrow(words);
});

it("refuses a take-over whose `compute` would lose nodes for analytics", async () => {
  const autoScaling = { disk: true, compute };
  const live = clusterOf({ ...region, analyticsSpecs: { nodeCount: 2 } });
  await expect(check({ ...takenOver, autoScaling }, undefined, live)).rejects.toThrow(
    "2 in EU_CENTRAL_1. Remove cluster.autoScaling.compute",
  );
});
