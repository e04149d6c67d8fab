import { cp, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, it } from "vitest";
import { repository } from "../../tools/parts";
import { exampleSettings, type ExampleSection } from "./example";
import { helmStack } from "./stacks";

/** A namespace of its own: a drain finds each worker in its namespace. */
const ofUmbrella = "umbrella";
const umbrellaChart = join(repository, "test/engine/umbrella");

const site = helmStack();
beforeAll(async () => {
  for (const name of ["taskrunner", ofUmbrella])
    await site.cluster.kubectl("create", "namespace", name);
  for (const service of ["worker", "web"]) {
    const values = join(repository, `examples/existing/${service}.values.yaml`);
    const chart = join(repository, "examples/chart");
    await site.cluster.helm("install", `taskrunner-${service}`, chart, "--values", values);
  }
  const values = join(repository, "examples/umbrella/values.yaml");
  const there = ["--values", values, "--namespace", ofUmbrella];
  await site.cluster.helm("install", "stellaops", umbrellaChart, ...there);
});

/** The example as it stands, with the server, the state and the control plane of the test. */
async function configure(file: string, storageMode?: "mongo", rollout: ExampleSection = {}) {
  const settings = await exampleSettings(file);
  await site.stack.configure({
    ...settings,
    ...(storageMode && { storageMode }),
    mongoUri: `${site.server.uri}/taskrunner`,
    backfill: { source: { path: site.root } },
    kubernetes: site.cluster.kubernetes,
    rollout: { ...settings.rollout, ...rollout },
  });
}

/** Previews that fail or warn of nothing, of the first update and of the cutover. */
async function previews(
  file: string,
  rollout: ExampleSection = {},
): Promise<readonly [string, string]> {
  const outputs = [];
  for (const mode of [undefined, "mongo"] as const) {
    await configure(file, mode, rollout);
    const { output, failed } = await site.stack.preview();
    expect(failed, output).toBe(false);
    expect(output).not.toMatch(/^\s*(error|warning):/m);
    outputs.push(output);
  }
  const [first = "", cutover = ""] = outputs;
  expect(cutover).toMatch(/\+ pulumi-nodejs:dynamic\/mongo:Index: \(create\)/);
  return [first, cutover];
}

it("examples/existing previews: both releases are taken over, then change over", async () => {
  const [first, cutover] = await previews("existing/Pulumi.existing.yaml");

  expect(first.match(/= kubernetes:helm.sh\/v3:Release: \(import\)/g)).toHaveLength(2);
  expect(first).not.toContain('"mongo"');
  expect(cutover).toContain('~ value: "filesystem" => "mongo"');
});

it("examples/umbrella previews: one release, which is taken over, then changes over", async () => {
  const settings = await exampleSettings("umbrella/Pulumi.umbrella.yaml");
  expect(settings.rollout?.version).toBeDefined();
  const local = { namespace: ofUmbrella, chart: umbrellaChart, version: undefined };
  const [first, cutover] = await previews("umbrella/Pulumi.umbrella.yaml", local);

  expect(first.match(/= kubernetes:helm.sh\/v3:Release: \(import\)/g)).toHaveLength(1);
  expect(cutover.match(/~ value: "filesystem" => "mongo"/g)).toHaveLength(2);
});

it("examples/gitops previews: the stack's own values files come, and the site's stay as they are", async () => {
  const directory = join(site.stack.folder, "checkout");
  await cp(join(repository, "examples/gitops"), directory, { recursive: true });
  const [, cutover] = await previews("gitops/Pulumi.gitops.yaml", { directory });

  for (const service of ["worker", "web"]) {
    const file = `${service}.values.yaml`;
    expect(cutover).toContain(join(directory, `taskrunner-storage.${file}`));
    const text = await readFile(join(directory, file), "utf8");
    expect(text).toBe(await readFile(join(repository, "examples/gitops", file), "utf8"));
  }
  expect(cutover).not.toContain("kubernetes:helm.sh");
});
