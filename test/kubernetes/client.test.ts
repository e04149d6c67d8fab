import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { clusterAt } from "../../components/kubernetes";
import { type TestNode, playedNode } from "../kubelet/test-node";

let node: TestNode;

beforeAll(async () => {
  node = await playedNode();
});
afterAll(() => node.stop());

it("says that there is no kubeconfig", async () => {
  vi.stubEnv("KUBECONFIG", undefined);
  vi.stubEnv("HOME", "/nonexistent");
  for (const named of [{}, { context: "prod" }]) {
    const found = clusterAt({ ...named, namespace: "default" });
    await expect(found).rejects.toThrow(/^There is no kubeconfig: KUBECONFIG is not set/);
  }
});

it("reads the end of a pod's log, and finds its events", async () => {
  const script = "console.log('first'); console.log('last'); setInterval(() => undefined, 1000)";
  const metadata = { name: "talks", namespace: "default", annotations: node.annotations };
  const spec = { containers: [{ name: "main", ...node.script(script) }] };
  await node.apply({ apiVersion: "v1", kind: "Pod", metadata, spec });
  const cluster = await clusterAt({ kubeconfig: node.kubeconfig, namespace: "default" });

  await vi.waitFor(async () => {
    expect(await cluster.readLog("talks", "main", 1)).toBe("last\n");
  }, 20_000);
  const events = await cluster.list("Event", "", "involvedObject.name=talks");
  expect(events.map(({ reason }) => reason)).toEqual(["Scheduled"]);
});
