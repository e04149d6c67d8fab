import { describe, expect, it } from "vitest";
import { findChangesSince, type DrainSnapshot } from "../../../components/kubernetes";
import { readCutoverRecord } from "../../../components/state";
import { providers } from "../../../components/rollout/provider";
import { RollbackStack, sampleFiles, runStep } from "../../transfer/rollback-stack";
import { addFiles } from "../../transfer/state";
import { clusterForTests } from "./cluster";
import { drainsOn } from "./drains";

const { PodsReplaced } = providers;
const current = clusterForTests();
const { inputs, drained, replaced } = drainsOn(current);
const stack = new RollbackStack();

/** To 1 and back to 0, so that a poll sees nothing; of these the API server names no manager. */
async function scaledOnce(namespace: string): Promise<void> {
  await current.cluster.scale(namespace, 1);
  await current.cluster.available(namespace);
  await current.cluster.scale(namespace, 0);
  await current.cluster.untilPods(namespace, 0);
}

it("a handover after a drain that nobody disturbed records the cutover", async () => {
  const drainSnapshot = await drained("still");
  await addFiles(stack.root, sampleFiles);
  const outs = await runStep(undefined, stack.inputs({ drainSnapshot }));
  expect(outs.cutoverRecord?.at).toMatch(/^20/);
});

it("a handover follows each drain, also of another worker at a corrected address", async () => {
  const wrong = await drained("wrong-one");
  const drainSnapshot = await drained("right-one");
  await addFiles(stack.root, sampleFiles);
  const first = await runStep(undefined, stack.inputs({ drainSnapshot: wrong }));
  expect(await runStep(first, stack.inputs({ drainSnapshot: wrong }))).toBe(first);
  const again = await runStep(first, stack.inputs({ drainSnapshot, stoppedAt: "2" }));
  expect(again.cutoverRecord?.at).not.toBe(first.cutoverRecord?.at);
});

it("a worker that was scaled up once since its drain stops the cutover before it is recorded", async () => {
  const drainSnapshot = await drained("disturbed");
  await scaledOnce("disturbed");

  await addFiles(stack.root, sampleFiles);
  const running = runStep(undefined, stack.inputs({ drainSnapshot }));
  await expect(running).rejects.toMatchObject({
    message: expect.stringMatching(
      /Deployment worker in namespace disturbed .* storageMode: filesystem/,
    ) as string,
    reasons: expect.any(Array) as unknown,
    properties: { applied: false },
  });
  expect(await readCutoverRecord(stack.root)).toBeUndefined();
});

it("between the record and the rollout it stops the rollout, until the worker is drained anew", async () => {
  const drainSnapshot = await drained("late");
  await scaledOnce("late");
  await current.cluster.deploy("late", { replicas: 0, mode: "mongo" });

  const wanted = inputs("late", { drainSnapshot });
  const refusal = /\(ReplicaSet worker-.* not in MongoDB/;
  await expect(PodsReplaced.create(wanted)).rejects.toThrow(refusal);
  const onFiles = { ...wanted, direction: "back", applied: true };
  await expect(PodsReplaced.update("id", onFiles, wanted)).rejects.toThrow(refusal);
});

it("a new template by the rollout itself is no disturbance", async () => {
  const drainSnapshot = await drained("rolled");
  await current.cluster.deploy("rolled", { replicas: 0, mode: "mongo" });

  expect(await replaced("rolled", { drainSnapshot })).toMatchObject({ applied: true });
  expect(await current.cluster.replicas("rolled")).toBe("1");
});

it("one that is scaled up still is named with who did it", async () => {
  const drainSnapshot = await drained("up");
  await current.cluster.scale("up", 1, { manager: "argocd-controller" });

  const words =
    /^Deployment worker in namespace up of context \S+ was scaled or changed since the drain \(ReplicaSet worker-\w+\)\. That was done by argocd-controller\. To pause it, for KEDA: /;
  await expect.poll(() => findChangesSince(drainSnapshot), { timeout: 15_000 }).toMatch(words);
});

it("one that was scaled up a moment ago is named before a ReplicaSet has it", async () => {
  const drainSnapshot = await drained("moment");
  const worker = drainSnapshot.workloads["Deployment worker"];
  const [replicaSet = ""] = Object.keys(worker?.generations ?? {});
  await current.cluster.scale("moment", 1);
  await current.cluster.available("moment");
  const location = [replicaSet.replace(" ", "/"), "--namespace=moment"];
  const generation = "--output=jsonpath={.metadata.generation}";
  const generations = {
    [replicaSet]: Number(await current.cluster.kubectl("get", ...location, generation)),
  };
  const before = {
    ...drainSnapshot,
    workloads: { "Deployment worker": { ...worker, generations } },
  };
  expect(await findChangesSince(before as DrainSnapshot)).toMatch(
    /^Deployment worker .* since the drain \(replicas: 1\)\./,
  );
});

it("a StatefulSet that was deleted and created again is another one", async () => {
  const set = { kind: "StatefulSet", graceSeconds: 1 } as const;
  const drainSnapshot = await drained("recreated", set);
  await current.cluster.kubectl("delete", "statefulset/worker", "--namespace=recreated");
  await current.cluster.deploy("recreated", set);
  expect(await findChangesSince(drainSnapshot)).toMatch(/^StatefulSet worker .* created again/);
});

describe("an executor that appears after the drain", () => {
  const image = "--image=registry.example.org/worker:2";
  const labels = "--labels=app.kubernetes.io/instance=worker";

  it("stops the cutover before it is recorded, until it is gone", async () => {
    const drainSnapshot = await drained("appears");
    await current.cluster.run("appears", "nightly", image, labels);
    await current.cluster.run("appears", "hook", labels);
    await addFiles(stack.root, sampleFiles);
    const inputs = stack.inputs({ drainSnapshot });
    await expect(runStep(undefined, inputs)).rejects.toThrow(
      /execute runs: nightly\. .*ignorePods/,
    );
    expect(await readCutoverRecord(stack.root)).toBeUndefined();

    await current.cluster.end("appears", "nightly");
    expect((await runStep(undefined, inputs)).cutoverRecord?.at).toMatch(/^20/);
  });

  it("stops the rollout, unless it is in mongo mode or ignored", async () => {
    const drainSnapshot = await drained("cron");
    await current.cluster.deploy("cron", { replicas: 0, mode: "mongo" });
    await current.cluster.run("cron", "on-mongo", image, "--env=Worker__Storage__Mode=mongo");
    await current.cluster.run("cron", "nightly", "--env=Worker__Storage__Mode=filesystem");
    await expect(replaced("cron", { drainSnapshot })).rejects.toThrow(/execute runs: nightly\. /);

    const executors = { ...drainSnapshot.executors, ignored: "run=nightly" };
    const ignoring = { drainSnapshot: { ...drainSnapshot, executors } };
    expect(await replaced("cron", ignoring)).toMatchObject({ applied: true });
  });
});
