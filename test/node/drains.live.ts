import { existsSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { providers } from "../../components/rollout/provider";
import { createDrain } from "../rollout/pods/drains";
import { type RealTestNode, realNode } from "./real-node";
import { counting, forEver, servicesOn, writes } from "./services";

let node: RealTestNode;
let services: ReturnType<typeof servicesOn>;

beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  node = await realNode();
  services = servicesOn(node);
});
afterAll(() => node.stop());

// Most of the time they wait for the node.
describe.concurrent("a drain on a real node", () => {
  it("ends after the grace period of a program that ignores SIGTERM, and not before", async () => {
    const asked = `process.on("SIGTERM", () => { ${writes("asked")} });`;
    await services.deploy("stubborn", `${asked} ${counting}`);
    const state = await createDrain(services.inputs("stubborn"));
    expect(state).toMatchObject({ drainSnapshot: { direction: "forward" }, applied: true });
    expect(existsSync(join(services.folderOf("stubborn"), "asked"))).toBe(true);
    expect(await services.counts("stubborn")).toBe(false);
  });

  it("waits for a preStop hook, and then for what the program has in hand", async () => {
    const finish = `process.on("SIGTERM", () => { ${writes("finished")} process.exit(); });`;
    const wait = `${writes("hook-began")} setTimeout(() => { ${writes("hook-ended")} }, 1000)`;
    const { command = [] } = node.script(wait);
    const container = { lifecycle: { preStop: { exec: { command } } } };
    await services.deploy("hook", `${finish} ${forEver}`, { container, graceSeconds: 30 });
    await createDrain(services.inputs("hook"));
    const files = ["hook-began", "hook-ended", "finished"];
    expect(files.filter((file) => !existsSync(join(services.folderOf("hook"), file)))).toEqual([]);
  });

  it("is over when the containers ended of a pod that a finalizer holds", async () => {
    await services.deploy(
      "held",
      `process.on("SIGTERM", () => { ${writes("asked")} }); ${forEver}`,
    );
    const pod = await services.podsOf("held");
    const patch = (finalizers: readonly string[]) => {
      const text = JSON.stringify({ metadata: { finalizers } });
      return node.kubectl("patch", pod, "--namespace=held", "--type=merge", `--patch=${text}`);
    };
    await patch(["example.org/held"]);
    expect(await createDrain(services.inputs("held"))).toMatchObject({ applied: true });
    const phase = "jsonpath={.items[0].status.phase}";
    expect(await services.podsOf("held", phase)).toBe("Failed");
    await patch([]);
  });

  it("pauses web of the same release: its process keeps running through an upgrade, until its own rollout", async () => {
    const both = { selector: "app=worker", web: { release: "worker", selector: "app=web" } };
    const ofWeb = (what: string) =>
      node.kubectl("get", "pods", "--namespace=umbrella", "--selector=app=web", what);
    const started = "--output=jsonpath={.items[*].status.containerStatuses[0].state.running}";
    await services.deploy("umbrella", forEver);
    await services.deploy("umbrella", forEver, { service: "web" });
    const before = await ofWeb(started);
    const { drainSnapshot } = await createDrain(services.inputs("umbrella", both));

    await services.apply("umbrella", forEver, { service: "web", mode: "mongo" });
    await services.deploy("umbrella", forEver, { mode: "mongo" });
    const replaced = (service: "worker" | "web") => {
      const { release, kubeconfig, timeoutSeconds, direction } = services.inputs("umbrella");
      const where = { release, kubeconfig, namespace: "umbrella", selector: `app=${service}` };
      const asked = { ...where, service, timeoutSeconds, direction };
      return providers.PodsReplaced.create({ ...asked, ...(drainSnapshot && { drainSnapshot }) });
    };
    await replaced("worker");
    expect(await ofWeb(started)).toBe(before);
    expect(existsSync(join(services.folderOf("umbrella"), "web-mongo"))).toBe(false);
    await replaced("web");
    expect(await ofWeb(started)).not.toBe(before);
    await vi.waitUntil(() => existsSync(join(services.folderOf("umbrella"), "web-mongo")), 20_000);
  });
});

// Alone, after the others: their kubelet is this one.
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
