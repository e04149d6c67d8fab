import { resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { operatorChart } from "../cluster/kubernetes/definition";
import { exampleSettings, type ExampleSection } from "./example";
import { makeStack, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";
import { type BorrowedCluster, borrowCluster } from "../pool";

const pack = resolve(__dirname, "../../policy/bin.cjs");

allowForEngine();

let stack: TestStack;
let controlPlane: BorrowedCluster;

beforeAll(async () => {
  stack = await makeStack("airgap", undefined, { kubernetes: true });
  controlPlane = await borrowCluster();
});
afterAll(async () => {
  await controlPlane.release();
  await stack.remove();
});

/** The example, with the control plane and the chart of the test. */
async function settings(): Promise<Record<string, unknown>> {
  const all = await exampleSettings("operator/Pulumi.operator.yaml");
  const operator = {
    ...(all.cluster?.operator as ExampleSection),
    chart: await operatorChart(stack.folder),
  };
  const { kubeconfig } = controlPlane;
  return {
    ...all,
    storageMode: "mongo",
    cluster: { ...all.cluster, operator },
    kubernetes: { kubeconfig },
    rollout: { ...all.rollout, install: true },
  };
}

it("examples/operator previews from nothing, with every step after MongoDB still to come", async () => {
  await stack.configure(await settings());
  const { output, failed } = await stack.pulumi("preview", "--diff", "--policy-pack", pack);

  expect(failed).toBe(false);
  expect(output).not.toContain("error:");
  for (const type of [
    "kubernetes:helm.sh/v3:Release",
    "kubernetes:mongodbcommunity.mongodb.com/v1:MongoDBCommunity",
    "pulumi-nodejs:dynamic/kubernetes:MongoDBReady",
    "pulumi-nodejs:dynamic/mongo:LedgerClaim",
    "taskrunner:storage:FilesystemBackfill",
    "pulumi-nodejs:dynamic/mongo:LogRetention",
  ]) {
    expect(output).toContain(`+ ${type}`);
  }
  expect(output).toMatch(/Resources:\n\s+\+ \d+ to create\n/);
  // What the stack lacks for production is what a site has to give: its images by digest.
  expect(output).toContain("taskrunner-storage@v");
  expect(output).toContain("images-by-digest-advice");
  expect(output).not.toMatch(/(deletion-protection|tls|validation-error|secret)-advice/);
});
