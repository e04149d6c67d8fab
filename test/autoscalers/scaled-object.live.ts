import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChangesSince } from "../../components/kubernetes";
import { readCutoverRecord } from "../../components/state";
import { clusterForTests } from "../rollout/pods/cluster";
import { RollbackStack, sampleFiles, runStep } from "../transfer/rollback-stack";
import { addFiles } from "../transfer/state";
import { type RunningOperator, startOperator } from "./operator";
import { createScaledObject, type ScaledKind, pauseScaling, resumeScaling } from "./scaled-object";
import { deployWorker, type ScaledWorker } from "./worker";

const current = clusterForTests();
const stack = new RollbackStack();
const kinds: ScaledKind[] = ["Deployment", "StatefulSet"];
const always = { isActive: true, minReplicaCount: 0 };
let operator: RunningOperator;

beforeAll(async () => {
  operator = await startOperator(current.cluster);
});
afterAll(() => operator.stop());

const pausing = 'kubectl annotate scaledobject NAME autoscaling.keda.sh/paused="true"';

/** Waits until KEDA has scaled another workload from 0 to 1: it polls. */
async function untilKedaScalesAnother({ namespace }: ScaledWorker): Promise<void> {
  const other = `${namespace}-other`;
  await current.cluster.deploy(other, { replicas: 0 });
  await createScaledObject(
    current.cluster,
    { namespace: other, workload: "Deployment/worker" },
    always,
  );
  await current.cluster.kubectl(
    "wait",
    "deployment/worker",
    "--for=jsonpath={.spec.replicas}=1",
    `--namespace=${other}`,
    "--timeout=60s",
  );
}

describe("a ScaledObject that is not paused", () => {
  it.each(kinds)("with an active trigger stops the drain of a %s, by name", async (kind) => {
    const namespace = `during-${kind.toLowerCase()}`;
    const worker = await deployWorker(current, namespace, { kind, own: true });
    await createScaledObject(current.cluster, worker, always);

    const refusal = worker.drain();
    await expect(refusal).rejects.toThrow(
      new RegExp(`${kind} worker was scaled to 1 during the drain, by \\S+\\. `),
    );
    await expect(refusal).rejects.toThrow(pausing);
  });

  it.each(kinds)("with a minimum stops the handover of a drained %s, by name", async (kind) => {
    const namespace = `after-${kind.toLowerCase()}`;
    const worker = await deployWorker(current, namespace, { kind });
    await createScaledObject(current.cluster, worker, { isActive: false, minReplicaCount: 2 });
    await pauseScaling(current.cluster, worker, "paused=true");
    const drainSnapshot = await worker.drain();
    await resumeScaling(current.cluster, worker, "paused");
    await worker.untilReplicas(2);

    await addFiles(stack.root, sampleFiles);
    const refusal = runStep(undefined, stack.inputs({ drainSnapshot }));
    await expect(refusal).rejects.toThrow(new RegExp(`${kind} worker .* by \\S+\\. `));
    await expect(refusal).rejects.toThrow(pausing);
    expect(await readCutoverRecord(stack.root)).toBeUndefined();
  });
});

describe("a paused ScaledObject", () => {
  it("leaves the replicas to the drain and the rollout", async () => {
    const worker = await deployWorker(current, "paused");
    await createScaledObject(current.cluster, worker, always);
    await pauseScaling(current.cluster, worker, "paused=true");
    expect(await worker.replicas()).toBe("2");

    const drainSnapshot = await worker.drain();
    await untilKedaScalesAnother(worker);
    expect(await worker.replicas()).toBe("0 2");
    expect(await findChangesSince(drainSnapshot)).toBeUndefined();

    await worker.rollOut(drainSnapshot);
    expect(await worker.replicas()).toBe("2");
  });

  // docs/rollout.md advises against it.
  it("with paused-replicas of 0 stays drained, and without pods after the rollout", async () => {
    const worker = await deployWorker(current, "paused-at-zero");
    await createScaledObject(current.cluster, worker, always);
    await pauseScaling(current.cluster, worker, "paused-replicas=0");
    await worker.untilReplicas(0);

    const drainSnapshot = await worker.drain();
    await untilKedaScalesAnother(worker);
    expect(await worker.replicas()).toBe("0");
    expect(await findChangesSince(drainSnapshot)).toBeUndefined();

    await worker.rollOut(drainSnapshot);
    expect(await worker.replicas()).toBe("0");
    await resumeScaling(current.cluster, worker, "paused-replicas");
    await worker.untilReplicas(1);
  });
});
