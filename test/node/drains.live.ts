import { existsSync } from "node:fs";
import { chmod, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DrainInputs } from "../../components/rollout/pods/inputs";
import { createDrain } from "../rollout/pods/drains";
import { type RealTestNode, realNode } from "./real-node";

let node: RealTestNode;

beforeAll(async () => {
  vi.spyOn(console, "log").mockImplementation(() => undefined);
  node = await realNode();
});
afterAll(() => node.stop());

const inputs = (namespace: string, changes: Partial<DrainInputs> = {}): DrainInputs => ({
  kubeconfig: node.cluster.kubeconfig,
  namespace,
  release: "worker",
  service: "worker",
  mode: "mongo",
  timeoutSeconds: 60,
  direction: "forward",
  ...changes,
});
const folderOf = (namespace: string) => join(node.folder, "files", namespace);
const podsOf = (namespace: string, what = "name") =>
  node.kubectl("get", "pods", `--namespace=${namespace}`, `--output=${what}`);

/** A worker of a namespace that runs a script, with a folder of this machine at `/files`. */
async function deploy(namespace: string, script: string, more: object = {}): Promise<void> {
  const folder = folderOf(namespace);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o777);
  const labels = { app: "worker", "app.kubernetes.io/instance": "worker" };
  const volumeMounts = [{ name: "files", mountPath: "/files" }];
  const env = [{ name: "Worker__Storage__Mode", value: "filesystem" }];
  const spec = {
    terminationGracePeriodSeconds: 2,
    volumes: [{ name: "files", hostPath: { path: folder } }],
    containers: [{ name: "main", ...node.script(script), env, volumeMounts, ...more }],
  };
  await node.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: "worker",
        namespace,
        labels: { "app.kubernetes.io/managed-by": "Helm" },
        annotations: { "meta.helm.sh/release-name": "worker" },
      },
      spec: {
        strategy: { type: "Recreate" },
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec },
      },
    },
  );
  const status = ["rollout", "status", "deployment/worker", "--timeout=60s"];
  await node.kubectl(...status, `--namespace=${namespace}`);
}

const forEver = "setInterval(() => undefined, 1000);";
const writes = (file: string) => `require("node:fs").writeFileSync("/files/${file}", "");`;

// Most of the time they wait for the node.
describe.concurrent("a drain on a real node", () => {
  it("ends after the grace period of a program that ignores SIGTERM", async () => {
    await deploy("stubborn", `process.on("SIGTERM", () => { ${writes("asked")} }); ${forEver}`);
    const state = await createDrain(inputs("stubborn"));
    expect(state).toMatchObject({ standstill: { mode: "mongo" }, applied: true });
    expect(existsSync(join(folderOf("stubborn"), "asked"))).toBe(true);
    expect(await podsOf("stubborn")).toBe("");
  });

  it("waits for a preStop hook, and then for what the program has in hand", async () => {
    const finish = `process.on("SIGTERM", () => { ${writes("finished")} process.exit(); });`;
    const wait = `${writes("hook-began")} setTimeout(() => { ${writes("hook-ended")} }, 1000)`;
    const { command = [] } = node.script(wait);
    await deploy("hook", `${finish} ${forEver}`, { lifecycle: { preStop: { exec: { command } } } });
    await createDrain(inputs("hook"));
    const files = ["hook-began", "hook-ended", "finished"];
    expect(files.filter((file) => !existsSync(join(folderOf("hook"), file)))).toEqual([]);
  });

  it("is over when the containers ended of a pod that a finalizer holds", async () => {
    await deploy("held", `process.on("SIGTERM", () => { ${writes("asked")} }); ${forEver}`);
    const pod = await podsOf("held");
    const patch = (finalizers: readonly string[]) => {
      const text = JSON.stringify({ metadata: { finalizers } });
      return node.kubectl("patch", pod, "--namespace=held", "--type=merge", `--patch=${text}`);
    };
    await patch(["example.org/held"]);
    expect(await createDrain(inputs("held"))).toMatchObject({ applied: true });
    const phase = "jsonpath={.items[0].status.phase}";
    expect(await podsOf("held", phase)).toBe("Failed");
    await patch([]);
  });
});
