import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { repository } from "../../tools/parts";
import { generateSample } from "../../tools/sample";
import { atlasFor } from "../atlas/atlas";
import { makeCluster, type EngineCluster } from "./cluster";
import { exampleSettings } from "./example";
import { makeStack, type EngineRun, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";

const endpoint = "vpce-0123456789abcdef0";

allowForEngine();

let folder: string;
let cluster: EngineCluster;
const stacks: TestStack[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "atlas-stacks-"));
  cluster = await makeCluster(folder);
  await installServices();
  await generateSample(join(folder, "state"), { runs: 3 });
});
afterAll(async () => {
  await cluster.controlPlane.release();
  for (const stack of stacks) await stack.remove();
  await rm(folder, { recursive: true });
});

/** A stack with Atlas played; its clusters' server is nowhere, for a preview makes none. */
async function atlasStack(name: string): Promise<TestStack> {
  const stack = await makeStack(name, undefined, { kubernetes: true });
  stacks.push(stack);
  const atlas = await atlasFor(stack);
  await atlas.play({
    host: "127.0.0.1:1",
    admin: "mongodb://127.0.0.1:1/",
    privateEndpoints: [endpoint],
  });
  return stack;
}

/** Both services on files and their volume, as a site has them before. */
async function installServices(): Promise<void> {
  const chart = join(repository, "examples/chart");
  for (const service of ["worker", "web"]) {
    const values = join(repository, `examples/atlas/${service}.values.yaml`);
    const options = ["--values", values, "--create-namespace"];
    await cluster.helm("install", `taskrunner-${service}`, chart, ...options);
  }
  const claim = {
    apiVersion: "v1",
    kind: "PersistentVolumeClaim",
    metadata: { name: "taskrunner-state", namespace: "taskrunner" },
    spec: { accessModes: ["ReadWriteMany"], resources: { requests: { storage: "1Gi" } } },
  };
  await cluster.controlPlane.apply(claim);
}

/** The preview of a cutover with an example, on the Kubernetes API of the test. */
async function previewOf(name: string): Promise<EngineRun> {
  const stack = await atlasStack(name);
  const settings = await exampleSettings(`atlas/Pulumi.${name}.yaml`);
  expect(settings.kubernetes).toEqual({ context: name });
  const { kubeconfig } = cluster.controlPlane;
  // The services' volume is not on this machine.
  const hasPath = "path" in (settings.backfill?.source as object);
  const backfill = hasPath ? { source: { path: join(folder, "state") } } : settings.backfill;
  const here = { storageMode: "mongo", kubernetes: { kubeconfig }, backfill };
  await stack.configure({ ...settings, ...here });
  return stack.preview();
}

it("examples/atlas, staging, previews from nothing without an error", async () => {
  const { output, failed } = await previewOf("staging");

  expect(failed, output).toBe(false);
  expect(output).toMatch(/\+ mongodbatlas:index\/advancedCluster:AdvancedCluster: \(create\)/);
  expect(output).toMatch(/\+ pulumi-nodejs:dynamic\/taskrunner:BulkPass: \(create\)/);
  expect(output).toMatch(/= kubernetes:helm.sh\/v3:Release: \(import\)/);
  expect(output).not.toMatch(/^(error|warning):/m);
});

it("examples/atlas, prod, previews from nothing without an error, protected and with backups", async () => {
  const { output, failed } = await previewOf("prod");

  expect(failed, output).toBe(false);
  expect(output).toContain("+ mongodbatlas:index/advancedCluster:AdvancedCluster: (create) 🔒");
  for (const words of [
    /terminationProtectionEnabled: true/,
    /pitEnabled +: true/,
    /regionName +: "EU_NORTH_1"/,
    /\+ pulumi-nodejs:dynamic\/mongo:LedgerClaim: \(create\)/,
  ]) {
    expect(output).toMatch(words);
  }
  // The releases of the tests' cluster have other values than the example's files.
  expect(output).not.toMatch(/^(error|warning):(?! The live release)/m);
});
