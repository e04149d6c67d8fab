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

/** Checks settings against the cluster in the stack's state, and returns how often Atlas was asked. */
async function check(more: object, own?: object): Promise<number> {
  let asked = 0;
  const type = "mongodbatlas:index/advancedCluster:AdvancedCluster";
  const mocks: pulumi.runtime.Mocks = {
    newResource: ({ name, inputs }) => ({ id: name, state: inputs as object }),
    call: ({ token }) => {
      if (token.endsWith(":readStackResourceOutputs")) {
        return { outputs: own ? { urn: { type, outputs: own } } : {} };
      }
      asked += 1;
      return {};
    },
  };
  await pulumi.runtime.setMocks(mocks, "taskrunner-storage", "test", false, "organization");
  const parent = new pulumi.ComponentResource("test:index:Parent", "parent");
  try {
    await checkCluster(atlasSettings(more), projectId, parent);
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

it("refuses to lose read-only nodes when `compute` is turned on, and only then", async () => {
  const autoScaling = { compute };
  await expect(check({ autoScaling }, clusterOf(reading))).rejects.toThrow("1 in EU_CENTRAL_1");
  expect(await check({}, clusterOf(reading))).toBe(0);
  const isOn = { ...clusterOf(reading), useEffectiveFields: true };
  expect(await check({ autoScaling }, isOn)).toBe(0);
});
