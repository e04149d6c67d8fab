import { execa } from "execa";
import { afterEach, beforeAll, expect, it, vi } from "vitest";
import { findChangesSince } from "../../../components/kubernetes";
import { readCutoverRecord } from "../../../components/state";
import { helm } from "../../../tools/parts";
import { RollbackStack, sampleFiles, runStep } from "../../transfer/rollback-stack";
import { addFiles } from "../../transfer/state";
import { clusterForTests } from "./cluster";
import { drainsOn, snapshotAfter } from "./drains";

const current = clusterForTests();
const { inputs, drained, replaced } = drainsOn(current);
const stack = new RollbackStack();

// Where it is missing it is built, which takes longer than a test may.
beforeAll(async () => {
  await helm();
});

const replicas = (namespace: string, workload: string) =>
  current.cluster.kubectl(
    "get",
    workload,
    `--namespace=${namespace}`,
    "--output=jsonpath={.spec.replicas}",
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
      if (found < 1) await current.cluster.scale(namespace, 1, { workload, manager: "keda" });
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  };
  void poll().catch(() => undefined);
  await vi.waitFor(async () => {
    expect(await replicas(namespace, workload)).toBe("1");
  }, 20_000);
}

it("KEDA that sets the replicas back stops the cutover before it is recorded, by name", async () => {
  const drainSnapshot = await drained("keda");
  await untilKedaScales("keda", "Deployment/worker");

  await addFiles(stack.root, sampleFiles);
  await expect(runStep(undefined, stack.inputs({ drainSnapshot }))).rejects.toThrow(
    /Deployment worker in namespace keda .* by keda\. .*kubectl annotate scaledobject NAME autoscaling\.keda\.sh\/paused="true"/,
  );
  expect(await readCutoverRecord(stack.root)).toBeUndefined();
});

it("a StatefulSet that was scaled up once and back stops the rollout", async () => {
  const drainSnapshot = await drained("once", { kind: "StatefulSet" });
  const by = { workload: "StatefulSet/worker", manager: "somebody-s" };
  await current.cluster.scale("once", 1, by);
  await current.cluster.available("once", by.workload);
  await current.cluster.scale("once", 0, by);
  await current.cluster.untilPods("once", 0);
  expect(await findChangesSince(drainSnapshot)).toContain("(generation of StatefulSet worker)");

  await current.cluster.deploy("once", { kind: "StatefulSet", mode: "mongo", replicas: 1 });
  await expect(replaced("once", { drainSnapshot })).rejects.toThrow(
    /\(generation of StatefulSet worker\)\. .* before its upgrade/,
  );
});

it("a StatefulSet whose chart sets template and replicas at once is rolled out", async () => {
  const drainSnapshot = await drained("chart", { kind: "StatefulSet" });
  await current.cluster.deploy("chart", { kind: "StatefulSet", mode: "mongo", replicas: 2 });

  expect(await replaced("chart", { drainSnapshot })).toMatchObject({ applied: true });
  expect(await replicas("chart", "StatefulSet/worker")).toBe("2");
});

it("replicas that are set back during Helm's own upgrade stop the rollout as soon as Helm is done", async () => {
  await current.cluster.kubectl("create", "namespace", "helm");
  await upgrade("filesystem");
  await current.cluster.available("helm", "deployment/worker");
  const drainSnapshot = await snapshotAfter(inputs("helm"));
  await current.cluster.scale("helm", 1, { manager: "keda" });
  await current.cluster.untilPods("helm", 1);
  await upgrade("mongo");

  await expect(replaced("helm", { drainSnapshot })).rejects.toThrow(
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
  const drainSnapshot = await drained("flux");
  const label = "helm.toolkit.fluxcd.io/name=runner";
  await current.cluster.kubectl("label", "deployment/worker", label, "--namespace=flux");
  await current.cluster.scale("flux", 1, { manager: "helm-controller" });
  expect(await findChangesSince(drainSnapshot)).toMatch(
    /by helm-controller or Flux \(HelmRelease flux\/runner\)\. .*flux suspend helmrelease NAME/,
  );
});
