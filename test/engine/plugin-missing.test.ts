import { afterAll, beforeAll, expect, it } from "vitest";
import { makeStack, type TestStack } from "./stack";
import { allowForEngine } from "./stacks";

allowForEngine();

let stack: TestStack;
beforeAll(async () => {
  // Its engine has no plugin for Kubernetes.
  stack = await makeStack();
});
afterAll(() => stack.remove());

it("a missing plugin ends an update with one sentence, before the first resource", async () => {
  const service = { chart: "chart", version: "1.0.0", values: [] };
  await stack.configure({
    storageMode: "filesystem",
    backfill: { source: { path: stack.folder } },
    rollout: {
      target: "helm",
      namespace: "live",
      worker: { ...service, release: "worker", selector: "app=worker" },
      web: { ...service, release: "web", selector: "app=web" },
    },
  });
  for (const { failed, output } of [await stack.preview(), await stack.up()]) {
    expect(failed).toBe(true);
    expect(output).toMatch(
      /plugin for kubernetes, version [\d.]+, .*PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION/,
    );
    expect(output).not.toMatch(/ {4}at |dynamic:|Channel has been shut down/);
    expect(output.split("\n").length).toBeLessThan(25);
  }
  expect(await stack.state()).not.toContain("pulumi-nodejs:dynamic");
  expect(await stack.state()).not.toContain("kubernetes:");
});
