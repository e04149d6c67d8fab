import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { createDrain } from "../rollout/pods/drains";
import { type RealTestNode, realNode } from "./real-node";
import { servicesOn } from "./services";

let node: RealTestNode;
let services: ReturnType<typeof servicesOn>;

beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  node = await realNode();
  services = servicesOn(node);
});
afterAll(() => node.stop());

/** Writes a number each 100 ms. */
const counting = `let n = 0; setInterval(() => require("node:fs").writeFileSync("/files/count", String(n++)), 100);`;
const countOf = (namespace: string) =>
  readFile(join(services.folderOf(namespace), "count"), "utf8");

/** A drain on a node whose kubelet says nothing fails, and the program that it could not stop works on. */
async function drainSilent(namespace: string): Promise<void> {
  const { reasons } = (await createDrain(services.inputs(namespace, { timeoutSeconds: 8 })).then(
    () => ({ reasons: [] }),
    (error: unknown) => error,
  )) as { reasons: string[] };
  expect(reasons.join("\n")).toMatch(/pod worker-\S+: terminating /);
  const before = await countOf(namespace);
  await vi.waitUntil(async () => (await countOf(namespace)) !== before, 5_000);
}

/** It is over when the node answers, and nothing works then. */
async function drainAnswering(namespace: string): Promise<void> {
  expect(await createDrain(services.inputs(namespace))).toMatchObject({ applied: true });
  const after = await countOf(namespace);
  await vi.waitFor(async () => {
    expect(await services.podsOf(namespace)).toBe("");
  }, 20_000);
  expect(await countOf(namespace)).toBe(after);
}

it("a drain on a node that does not answer is not over while the program may run", async () => {
  await services.deploy("silent", counting);
  node.pause();
  try {
    await drainSilent("silent");
  } finally {
    node.resume();
  }
  await drainAnswering("silent");
});
