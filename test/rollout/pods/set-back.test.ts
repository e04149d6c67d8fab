import { execa } from "execa";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { findChangesSince, type DrainSnapshot } from "../../../components/kubernetes";
import { readFence } from "../../../components/state";
import { providers } from "../../../components/rollout/provider";
import { helm } from "../../../tools/parts";
import { RollbackStack, sampleFiles, runStep } from "../../transfer/rollback-stack";
import { addFiles } from "../../transfer/state";
import { clusterForTests } from "./cluster";

vi.setConfig({ testTimeout: 60_000 });

const { Drain, PodsReplaced } = providers;
const current = clusterForTests();
const stack = new RollbackStack();

// Where it is missing it is built, which takes longer than a test may.
beforeAll(async () => {
  await helm();
});

const common = (namespace: string) => ({
  kubeconfig: current.cluster.kubeconfig,
  namespace,
  release: "worker",
  service: "worker" as const,
  mode: "mongo" as const,
  timeoutSeconds: 30,
  direction: "forward" as const,
});

async function drained(namespace: string): Promise<DrainSnapshot> {
  const outs = (await Drain.create(common(namespace))).outs as { standstill: DrainSnapshot };
  // As the engine keeps it.
  return JSON.parse(JSON.stringify(outs.standstill)) as DrainSnapshot;
}

type Kind = "Deployment" | "StatefulSet";
const kinds: Kind[] = ["Deployment", "StatefulSet"];

/** A worker of one pod on files, drained. */
async function deployedAndDrained(namespace: string, kind: Kind): Promise<DrainSnapshot> {
  await current.cluster.deploy(namespace, { kind, graceSeconds: 1 });
  await current.cluster.available(namespace, `${kind}/worker`);
  return drained(namespace);
}

const replicas = (namespace: string, workload: string) =>
  current.cluster.kubectl(
    "get",
    workload,
    `--namespace=${namespace}`,
    "--output=jsonpath={.spec.replicas}",
  );

/** Sets replicas by the scale subresource, under a name. */
const scale = (namespace: string, workload: string, number: number, manager: string) =>
  current.cluster.kubectl(
    "patch",
    workload,
    `--namespace=${namespace}`,
    "--subresource=scale",
    "--type=merge",
    `--field-manager=${manager}`,
    `--patch={"spec":{"replicas":${number}}}`,
  );

let polling = false;
afterEach(() => {
  polling = false;
});

/**
 * Plays KEDA's operator: on each poll a workload that has fewer gets `minReplicaCount` replicas
 * (pkg/scaling/executor/scale_scaledobjects.go), through the scale subresource. `make test-autoscalers`
 * runs the operator itself.
 */
async function untilKedaScales(namespace: string, workload: string): Promise<void> {
  polling = true;
  const poll = async () => {
    while (polling) {
      const found = Number(await replicas(namespace, workload));
      if (found < 1) await scale(namespace, workload, 1, "keda");
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  void poll().catch(() => undefined);
  await vi.waitFor(async () => {
    expect(await replicas(namespace, workload)).toBe("1");
  }, 20_000);
}

it.each(kinds)(
  "KEDA that sets the replicas of a %s back stops the cutover before the fence, by name",
  async (kind) => {
    const namespace = `keda-${kind.toLowerCase()}`;
    const standstill = await deployedAndDrained(namespace, kind);
    await untilKedaScales(namespace, `${kind}/worker`);

    await addFiles(stack.root, sampleFiles);
    await expect(runStep(undefined, stack.inputs({ standstill }))).rejects.toThrow(
      new RegExp(
        `${kind} worker in namespace ${namespace} .* by keda\\. .*` +
          `kubectl annotate scaledobject NAME autoscaling\\.keda\\.sh/paused="true"`,
      ),
    );
    expect(await readFence(stack.root)).toBeUndefined();
  },
);

it("a StatefulSet that was scaled up once and back stops the rollout", async () => {
  const standstill = await deployedAndDrained("once", "StatefulSet");
  const set = "StatefulSet/worker";
  await scale("once", set, 1, "somebody-s");
  await current.cluster.available("once", set);
  await scale("once", set, 0, "somebody-s");
  await expect.poll(() => current.cluster.pods("once"), { timeout: 15_000 }).toEqual([]);
  expect(await findChangesSince(standstill)).toContain("(generation of StatefulSet worker)");

  await current.cluster.deploy("once", { kind: "StatefulSet", mode: "mongo", replicas: 1 });
  const wanted = { ...common("once"), standstill };
  await expect(PodsReplaced.create(wanted)).rejects.toThrow(
    /\(generation of StatefulSet worker\)\. .* before its upgrade/,
  );
});

it.each(kinds)(
  "a %s whose chart sets template and replicas at once is rolled out",
  async (kind) => {
    const namespace = `chart-${kind.toLowerCase()}`;
    const standstill = await deployedAndDrained(namespace, kind);
    await current.cluster.deploy(namespace, { kind, mode: "mongo", replicas: 2 });

    const wanted = { ...common(namespace), standstill };
    const { outs } = (await PodsReplaced.create(wanted)) as { outs: unknown };
    expect(outs).toMatchObject({ applied: true });
    expect(await replicas(namespace, `${kind}/worker`)).toBe("2");
  },
);

it("replicas that are set back during Helm's own upgrade stop the rollout as soon as Helm is done", async () => {
  await current.cluster.kubectl("create", "namespace", "helm");
  await upgrade("filesystem");
  await current.cluster.available("helm", "deployment/worker");
  const standstill = await drained("helm");
  await scale("helm", "deployment/worker", 1, "keda");
  await vi.waitFor(async () => {
    expect(await current.cluster.pods("helm")).toHaveLength(1);
  }, 20_000);
  await upgrade("mongo");

  const wanted = { ...common("helm"), standstill };
  await expect(PodsReplaced.create(wanted)).rejects.toThrow(
    /\(ReplicaSet worker-.*\)\. .* before its upgrade/,
  );
});

/** Upgrades release `worker` of our chart, which renders its replicas. */
async function upgrade(mode: string): Promise<void> {
  const { kubeconfig } = current.cluster;
  const values = {
    replicaCount: 2,
    terminationGracePeriodSeconds: 1,
    image: { repository: "example.test/worker", tag: "1" },
    env: [{ name: "Worker__Storage__Mode", value: mode }],
  };
  const all = ["upgrade", "--install", "worker", "examples/chart", "--values=-"];
  const address = ["--kubeconfig", kubeconfig, "--namespace", "helm"];
  await execa(await helm(), [...all, ...address], { input: JSON.stringify(values) });
}

it("what Flux deploys is named with its HelmRelease", async () => {
  const standstill = await deployedAndDrained("flux", "Deployment");
  const label = "helm.toolkit.fluxcd.io/name=runner";
  await current.cluster.kubectl("label", "deployment/worker", label, "--namespace=flux");
  await scale("flux", "deployment/worker", 1, "helm-controller");
  expect(await findChangesSince(standstill)).toMatch(
    /by helm-controller or Flux \(HelmRelease flux\/runner\)\. .*flux suspend helmrelease NAME/,
  );
});
