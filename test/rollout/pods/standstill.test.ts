import { describe, expect, it, vi } from "vitest";
import { findChangesSince, type DrainSnapshot } from "../../../components/kubernetes";
import { readFence } from "../../../components/state";
import { providers } from "../../../components/rollout/provider";
import { RollbackStack, sampleFiles, runStep } from "../../transfer/rollback-stack";
import { addFiles } from "../../transfer/state";
import { clusterForTests } from "./cluster";

vi.setConfig({ testTimeout: 60_000 });

const { Drain, PodsReplaced } = providers;
const current = clusterForTests();
const stack = new RollbackStack();

const common = (namespace: string) => ({
  kubeconfig: current.cluster.kubeconfig,
  namespace,
  release: "worker",
  service: "worker" as const,
  mode: "mongo" as const,
  timeoutSeconds: 20,
  direction: "forward" as const,
});

/** Drains a worker of one replica, as a cutover does. */
async function drained(namespace: string): Promise<DrainSnapshot> {
  await current.cluster.deploy(namespace, { replicas: 1, graceSeconds: 1 });
  await current.cluster.available(namespace);
  const outs = (await Drain.create(common(namespace))).outs as { standstill: DrainSnapshot };
  // As the engine keeps it.
  return JSON.parse(JSON.stringify(outs.standstill)) as DrainSnapshot;
}

const scale = (namespace: string, replicas: number) =>
  current.cluster.kubectl(
    "scale",
    "deployment/worker",
    `--replicas=${replicas}`,
    `--namespace=${namespace}`,
  );

/** To 1 and back to 0, so that a poll sees nothing; of these the API server names no manager. */
async function scaledOnce(namespace: string): Promise<void> {
  await scale(namespace, 1);
  await current.cluster.available(namespace);
  await scale(namespace, 0);
  await expect.poll(() => current.cluster.pods(namespace), { timeout: 15_000 }).toEqual([]);
}

it("a handover after a drain that nobody disturbed draws its fence", async () => {
  const standstill = await drained("still");
  await addFiles(stack.root, sampleFiles);
  const outs = await runStep(undefined, stack.inputs({ standstill }));
  expect(outs.fence?.at).toMatch(/^20/);
});

it("a handover follows each drain, also of another worker at a corrected address", async () => {
  const wrong = await drained("wrong-one");
  const standstill = await drained("right-one");
  await addFiles(stack.root, sampleFiles);
  const first = await runStep(undefined, stack.inputs({ standstill: wrong }));
  expect(await runStep(first, stack.inputs({ standstill: wrong }))).toBe(first);
  const again = await runStep(first, stack.inputs({ standstill, stoppedAt: "2" }));
  expect(again.fence?.at).not.toBe(first.fence?.at);
});

it("a worker that was scaled up once since its drain stops the cutover before the fence", async () => {
  const standstill = await drained("disturbed");
  await scaledOnce("disturbed");

  await addFiles(stack.root, sampleFiles);
  const running = runStep(undefined, stack.inputs({ standstill }));
  await expect(running).rejects.toMatchObject({
    message: expect.stringMatching(
      /Deployment worker in namespace disturbed .* storageMode: filesystem/,
    ) as string,
    reasons: expect.any(Array) as unknown,
    properties: { applied: false },
  });
  expect(await readFence(stack.root)).toBeUndefined();
});

it("between fence and rollout it stops the rollout, until the worker is drained anew", async () => {
  const standstill = await drained("late");
  await scaledOnce("late");
  await current.cluster.deploy("late", { replicas: 0, mode: "mongo" });

  const wanted = { ...common("late"), standstill };
  const refusal = /\(ReplicaSet worker-.* not in MongoDB/;
  await expect(PodsReplaced.create(wanted)).rejects.toThrow(refusal);
  const onFiles = { ...wanted, mode: "filesystem", direction: "back", applied: true };
  await expect(PodsReplaced.update("id", onFiles, wanted)).rejects.toThrow(refusal);
});

it("a new template by the rollout itself is no disturbance", async () => {
  const standstill = await drained("rolled");
  await current.cluster.deploy("rolled", { replicas: 0, mode: "mongo" });

  const wanted = { ...common("rolled"), standstill };
  const { outs } = (await PodsReplaced.create(wanted)) as { outs: unknown };
  expect(outs).toMatchObject({ applied: true });
  expect(await current.cluster.replicas("rolled")).toBe("1");
});

it("one that is scaled up still is named with who did it", async () => {
  const standstill = await drained("up");
  const patch = '--patch={"spec":{"replicas":1}}';
  const manager = "--field-manager=argocd-controller";
  await current.cluster.kubectl("patch", "deployment/worker", "--namespace=up", manager, patch);

  const words =
    /^Deployment worker in namespace up of context \S+ was scaled or changed since the drain \(ReplicaSet worker-\w+\)\. That was done by argocd-controller\. To pause it, for KEDA: /;
  await expect.poll(() => findChangesSince(standstill), { timeout: 15_000 }).toMatch(words);
});

it("one that was scaled up a moment ago is named before a ReplicaSet has it", async () => {
  const standstill = await drained("moment");
  const worker = standstill.workloads["Deployment worker"];
  const [replicaSet = ""] = Object.keys(worker?.generations ?? {});
  await scale("moment", 1);
  await current.cluster.available("moment");
  const place = [replicaSet.replace(" ", "/"), "--namespace=moment"];
  const generation = "--output=jsonpath={.metadata.generation}";
  const generations = {
    [replicaSet]: Number(await current.cluster.kubectl("get", ...place, generation)),
  };
  const before = { ...standstill, workloads: { "Deployment worker": { ...worker, generations } } };
  expect(await findChangesSince(before as DrainSnapshot)).toMatch(
    /^Deployment worker .* since the drain \(replicas: 1\)\./,
  );
});

it("a StatefulSet that was deleted and created again is another one", async () => {
  const set = { kind: "StatefulSet", graceSeconds: 1 } as const;
  await current.cluster.deploy("recreated", set);
  await current.cluster.available("recreated", "statefulset/worker");
  const outs = (await Drain.create(common("recreated"))).outs as { standstill: DrainSnapshot };
  await current.cluster.kubectl("delete", "statefulset/worker", "--namespace=recreated");
  await current.cluster.deploy("recreated", set);
  expect(await findChangesSince(outs.standstill)).toMatch(/^StatefulSet worker .* created again/);
});

describe("an executor that appears after the drain", () => {
  /** A pod with the worker's image and labels, or with other things. */
  const start = (namespace: string, name: string, ...args: string[]) =>
    vi.waitFor(
      () => current.cluster.kubectl("run", name, ...args, `--namespace=${namespace}`),
      10_000,
    );
  const image = "--image=registry.example.org/worker:2";
  const labels = "--labels=app.kubernetes.io/instance=worker";

  it("stops the cutover before the fence, until it is gone", async () => {
    const standstill = await drained("appears");
    await start("appears", "nightly", image, labels);
    await start("appears", "hook", "--image=none", labels);
    await addFiles(stack.root, sampleFiles);
    const inputs = stack.inputs({ standstill });
    await expect(runStep(undefined, inputs)).rejects.toThrow(
      /execute runs: nightly\. .*ignorePods/,
    );
    expect(await readFence(stack.root)).toBeUndefined();

    await current.cluster.end("appears", "nightly");
    expect((await runStep(undefined, inputs)).fence?.at).toMatch(/^20/);
  });

  it("stops the rollout, unless it is in mongo mode or ignored", async () => {
    const standstill = await drained("cron");
    await current.cluster.deploy("cron", { replicas: 0, mode: "mongo" });
    await start("cron", "on-mongo", image, "--env=Worker__Storage__Mode=mongo");
    await start("cron", "nightly", "--image=none", "--env=Worker__Storage__Mode=filesystem");
    const wanted = { ...common("cron"), standstill };
    await expect(PodsReplaced.create(wanted)).rejects.toThrow(/execute runs: nightly\. /);

    const executors = { ...standstill.executors, ignored: "run=nightly" };
    const ignoring = { ...wanted, standstill: { ...standstill, executors } };
    const { outs } = (await PodsReplaced.create(ignoring)) as { outs: unknown };
    expect(outs).toMatchObject({ applied: true });
  });
});
