import { describe, expect, it, vi } from "vitest";
import type { DrainInputs, DrainResults } from "../../../components/rollout/pods/inputs";
import { providers } from "../../../components/rollout/provider";
import { clusterForTests } from "./cluster";

const { Drain, PodsReplaced } = providers;
const current = clusterForTests();

const inputs = (namespace: string, selector?: string): DrainInputs => ({
  ...{ kubeconfig: current.cluster.kubeconfig, namespace, release: "worker" },
  ...{ service: "worker", mode: "mongo", timeoutSeconds: 15, direction: "forward" },
  ...(selector !== undefined && { selector }),
});

const created = async (from: DrainInputs) => (await Drain.create(from)).outs as DrainResults;

/** Why a drain did not finish. */
const refusal = (from: DrainInputs) =>
  Drain.create(from).then(
    () => "",
    (error: unknown) => (error as { reasons: string[] }).reasons.join("\n"),
  );

/** Deploys a worker of one pod that ends soon. */
async function deployed(namespace: string) {
  await current.cluster.deploy(namespace, { graceSeconds: 1 });
  await current.cluster.available(namespace);
}

/** A DaemonSet of release `worker`. */
function daemonSet(namespace: string, own: object, env: object[] = []): object {
  const labels = { ...own, "app.kubernetes.io/instance": "worker" };
  return {
    ...{ apiVersion: "apps/v1", kind: "DaemonSet", metadata: { name: "agent", namespace } },
    spec: {
      selector: { matchLabels: own },
      template: {
        metadata: { labels },
        spec: { containers: [{ name: "main", image: "none", env }] },
      },
    },
  };
}

describe("a drain of every executor", () => {
  it("takes a StatefulSet beside a Deployment, and puts its replicas back", async () => {
    await deployed("set");
    const set = { kind: "StatefulSet", name: "queue", graceSeconds: 1 } as const;
    await current.cluster.deploy("set", { ...set, replicas: 2 });
    await current.cluster.available("set", "statefulset/queue");
    const state = await created(inputs("set"));
    expect(await current.cluster.pods("set")).toEqual([]);
    expect(await current.cluster.replicas("set", "statefulset/queue")).toBe("0 2");
    expect(Object.keys(state.standstill?.workloads ?? {}).sort()).toEqual([
      ...["Deployment worker", "StatefulSet queue"],
    ]);

    await current.cluster.deploy("set", { mode: "mongo", replicas: 0 });
    await current.cluster.deploy("set", { ...set, mode: "mongo", replicas: 0 });
    await PodsReplaced.create({ ...inputs("set"), drains: state.drains });
    expect(await current.cluster.replicas("set", "statefulset/queue")).toBe("2");
    expect(current.said).toContain("worker: queue is in mongo mode, 2 ready, no old pod");
  });

  it("refuses a release none of whose workloads states a mode, and scales nothing", async () => {
    await current.cluster.deploy("cache", { mode: "nothing" });
    expect(await refusal(inputs("cache"))).toMatch(
      /No container of Deployment worker in namespace cache .* has Worker__Storage__Mode in its env, so it may not be the worker\./,
    );
    expect(await current.cluster.replicas("cache")).toBe("1");
  });

  it("refuses a release with a pod of something that is not drained, and scales nothing", async () => {
    await deployed("beside");
    await current.cluster.apply(daemonSet("beside", { app: "agent" }));
    await vi.waitFor(async () => {
      expect(await current.cluster.pods("beside")).toHaveLength(2);
    }, 10_000);
    expect(await refusal(inputs("beside"))).toMatch(
      /drained: agent-\w+ \(of DaemonSet agent\)\. Check namespace, release/,
    );
    expect(await current.cluster.replicas("beside")).toBe("1");

    // Labels of the worker's own leave it out, because it states no mode.
    const own = inputs("beside", "app=worker");
    expect(await created(own)).toMatchObject({ drains: 1 });
  });

  it("refuses a pod that states the worker's mode under other labels", async () => {
    await deployed("hidden");
    const env = [{ name: "Worker__Storage__Mode", value: "filesystem" }];
    await current.cluster.apply(daemonSet("hidden", { app: "agent" }, env));
    await vi.waitFor(async () => {
      expect(await current.cluster.pods("hidden")).toHaveLength(2);
    }, 10_000);
    expect(await refusal(inputs("hidden", "app=worker"))).toMatch(
      /or the variable Worker__Storage__Mode, but .*: agent-\w+ \(of DaemonSet/,
    );
    expect(await current.cluster.replicas("hidden")).toBe("1");
  });
});
