import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { parse } from "yaml";
import { repository } from "../../tools/parts";
import { operatorChart } from "../cluster/kubernetes/definition";
import { makeStack, type TestStack } from "./stack";
import { type BorrowedCluster, borrowCluster } from "../pool";

const minutes = 60_000;
const pack = resolve(__dirname, "../../policy/bin.cjs");

let stack: TestStack;
let controlPlane: BorrowedCluster;

beforeAll(async () => {
  stack = await makeStack("airgap", undefined, { kubernetes: true });
  controlPlane = await borrowCluster();
}, 25 * minutes);
afterAll(async () => {
  await controlPlane.release();
  await stack.remove();
});

type Section = Readonly<Record<string, unknown>>;

/** What Pulumi.airgap.yaml says, where the test has the site's control plane and charts. */
async function settings(): Promise<Record<string, Section>> {
  const text = await readFile(join(repository, "Pulumi.airgap.yaml"), "utf8");
  const { config } = parse(text) as { config: Record<string, Section> };
  const named = Object.entries(config).map(([key, value]) => [key.split(":")[1] ?? "", value]);
  const all = Object.fromEntries(named) as Record<string, Section>;
  const operator = {
    ...(all.cluster?.operator as Section),
    chart: await operatorChart(stack.folder),
  };
  const { kubeconfig } = controlPlane;
  return {
    ...all,
    cluster: { ...all.cluster, operator },
    kubernetes: { kubeconfig },
    rollout: { ...all.rollout, install: true },
  };
}

it(
  "the stack airgap previews from nothing, with every step after MongoDB still to come",
  async () => {
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
  },
  5 * minutes,
);
