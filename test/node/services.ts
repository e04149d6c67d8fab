import { existsSync } from "node:fs";
import { chmod, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { vi } from "vitest";
import type { DrainInputs } from "../../components/rollout";
import type { RealTestNode } from "./real-node";

/** Text of scripts in pods, which have a folder of this machine at `/files`. */
export const forEver = "setInterval(() => undefined, 1000);";
export const writes = (file: string) => `require("node:fs").writeFileSync("/files/${file}", "");`;

/** Writes a number to `count`, each 100 ms another. */
export const counting = `let n = 0; setInterval(() => require("node:fs").writeFileSync("/files/count", String(n++)), 100);`;

/** What a service of a namespace is deployed with. */
export interface Deployed {
  readonly service?: "worker" | "web";
  readonly mode?: "filesystem" | "mongo";
  /** Members of its container. */
  readonly container?: object;
  /** Its pod's grace period in seconds; default 2. */
  readonly graceSeconds?: number;
}

/** Services on a real node, each in a namespace of its own, and their drains. */
export function servicesOn(node: RealTestNode) {
  const inputs = (namespace: string, changes: Partial<DrainInputs> = {}): DrainInputs => ({
    kubeconfig: node.cluster.kubeconfig,
    namespace,
    release: "worker",
    service: "worker",
    direction: "forward",
    timeoutSeconds: 60,
    ...changes,
  });
  const folderOf = (namespace: string) => join(node.folder, "files", namespace);
  /** Whether a script that counts still does. */
  const counts = async (namespace: string): Promise<boolean> => {
    const count = () => readFile(join(folderOf(namespace), "count"), "utf8");
    const before = await count();
    await sleep(1_000);
    return (await count()) !== before;
  };
  const podsOf = (namespace: string, what = "name") =>
    node.kubectl("get", "pods", `--namespace=${namespace}`, `--output=${what}`);

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

  return { inputs, folderOf, counts, podsOf, apply, deploy };
}
