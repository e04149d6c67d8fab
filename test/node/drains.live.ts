import { existsSync } from "node:fs";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import type { DrainInputs } from "../../components/rollout/pods/inputs";
import { providers } from "../../components/rollout/provider";
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

const forEver = "setInterval(() => undefined, 1000);";
const writes = (file: string) => `require("node:fs").writeFileSync("/files/${file}", "");`;

/** What a service of a namespace is deployed with. */
interface Deployed {
  readonly service?: "worker" | "web";
  readonly mode?: "filesystem" | "mongo";
  /** Members of its container. */
  readonly container?: object;
  /** Its pod's grace period in seconds; default 2. */
  readonly graceSeconds?: number;
}

/** A Deployment of release `worker`, with a folder of this machine at `/files`, where its script says that it runs. */
async function apply(namespace: string, script: string, deployed: Deployed = {}): Promise<void> {
  const { service = "worker", mode = "filesystem", container = {}, graceSeconds = 2 } = deployed;
  const folder = folderOf(namespace);
  await mkdir(folder, { recursive: true });
  await chmod(folder, 0o777);
  const labels = { app: service, "app.kubernetes.io/instance": "worker" };
  const volumeMounts = [{ name: "files", mountPath: "/files" }];
  const prefix = service === "worker" ? "Worker" : "TaskRunner";
  const env = [{ name: `${prefix}__Storage__Mode`, value: mode }];
  const started = `${script} ${writes(`${service}-${mode}`)}`;
  const main = { name: "main", ...node.script(started), env, volumeMounts, ...container };
  const spec = {
    terminationGracePeriodSeconds: graceSeconds,
    volumes: [{ name: "files", hostPath: { path: folder } }],
    containers: [main],
  };
  await node.apply(
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: {
        name: service,
        namespace,
        labels: { app: service, "app.kubernetes.io/managed-by": "Helm" },
        annotations: { "meta.helm.sh/release-name": "worker" },
      },
      spec: {
        replicas: 1,
        strategy: { type: "Recreate" },
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec },
      },
    },
  );
}

/** The same, and its script runs. */
async function deploy(namespace: string, script: string, deployed: Deployed = {}): Promise<void> {
  const { service = "worker", mode = "filesystem" } = deployed;
  await apply(namespace, script, deployed);
  const status = ["rollout", "status", `deployment/${service}`, "--timeout=60s"];
  await node.kubectl(...status, `--namespace=${namespace}`);
  await vi.waitUntil(() => existsSync(join(folderOf(namespace), `${service}-${mode}`)), 20_000);
}

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
    const container = { lifecycle: { preStop: { exec: { command } } } };
    await deploy("hook", `${finish} ${forEver}`, { container, graceSeconds: 30 });
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

  it("pauses web of the same release: its process goes on through an upgrade, until its turn", async () => {
    const both = { selector: "app=worker", web: { release: "worker", selector: "app=web" } };
    const ofWeb = (what: string) =>
      node.kubectl("get", "pods", "--namespace=umbrella", "--selector=app=web", what);
    const started = "--output=jsonpath={.items[*].status.containerStatuses[0].state.running}";
    await deploy("umbrella", forEver);
    await deploy("umbrella", forEver, { service: "web" });
    const before = await ofWeb(started);
    const { standstill } = await createDrain(inputs("umbrella", both));

    await apply("umbrella", forEver, { service: "web", mode: "mongo" });
    await deploy("umbrella", forEver, { mode: "mongo" });
    const replaced = (service: "worker" | "web") => {
      const { release, kubeconfig, timeoutSeconds, direction } = inputs("umbrella");
      const where = { release, kubeconfig, namespace: "umbrella", selector: `app=${service}` };
      const asked = { ...where, service, mode: "mongo" as const, timeoutSeconds, direction };
      return providers.PodsReplaced.create({ ...asked, ...(standstill && { standstill }) });
    };
    await replaced("worker");
    expect(await ofWeb(started)).toBe(before);
    expect(existsSync(join(folderOf("umbrella"), "web-mongo"))).toBe(false);
    await replaced("web");
    expect(await ofWeb(started)).not.toBe(before);
    await vi.waitUntil(() => existsSync(join(folderOf("umbrella"), "web-mongo")), 20_000);
  });
});

// Alone: no other test may ask this kubelet for anything.
it("a drain on a node that does not answer is not over while the program may run", async () => {
  const counts = `let n = 0; setInterval(() => require("node:fs").writeFileSync("/files/count", String(n++)), 100);`;
  await deploy("silent", counts);
  const count = () => readFile(join(folderOf("silent"), "count"), "utf8");
  node.pause();
  try {
    const text = await createDrain(inputs("silent", { timeoutSeconds: 8 })).then(
      () => "",
      (error: unknown) => (error as { reasons: string[] }).reasons.join("\n"),
    );
    expect(text).toMatch(/pod worker-\S+: terminating /);
    const before = await count();
    await vi.waitUntil(async () => (await count()) !== before, 5_000);
  } finally {
    node.resume();
  }
  expect(await createDrain(inputs("silent"))).toMatchObject({ applied: true });
  const after = await count();
  expect(await podsOf("silent")).toBe("");
  expect(await count()).toBe(after);
});
