import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createDrain } from "../rollout/pods/drains";
import { type RealTestNode, realNode } from "./real-node";
import { counting, servicesOn } from "./services";

let node: RealTestNode;
let services: ReturnType<typeof servicesOn>;

beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  node = await realNode();
  services = servicesOn(node);
});
afterAll(() => node.stop());

it("a drain on a node that does not answer is not over while the program may run", async () => {
  await services.deploy("silent", counting);
  node.pause();
  try {
    const drained = createDrain(services.inputs("silent", { timeoutSeconds: 8 }));
    await expect(drained).rejects.toThrow(/pod worker-\S+: terminating /);
    expect(await services.counts("silent")).toBe(true);
  } finally {
    node.resume();
  }
  expect(await createDrain(services.inputs("silent"))).toMatchObject({ applied: true });
  expect(await services.counts("silent")).toBe(false);
});
