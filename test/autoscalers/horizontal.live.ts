import { expect, it } from "vitest";
import { findChangesSince } from "../../components/kubernetes";
import { clusterForTests } from "../rollout/pods/cluster";
import { deployWorker, type ScaledWorker } from "./worker";

const current = clusterForTests();

const kubectl = ({ namespace }: ScaledWorker, ...args: string[]) =>
  current.cluster.kubectl(...args, `--namespace=${namespace}`);

it("a HorizontalPodAutoscaler does nothing at 0, and raises only what something else started", async () => {
  const worker = await deployWorker(current, "horizontal");
  await kubectl(worker, "autoscale", worker.workload, "--min=3", "--max=5", "--cpu=80%");
  await worker.untilReplicas(3);

  const drainSnapshot = await worker.drain();
  // Its controller looks every 15 s.
  const reason = '{.status.conditions[?(@.type=="ScalingActive")].reason}';
  const rests = ["wait", "hpa/worker", `--for=jsonpath=${reason}=ScalingDisabled`];
  await kubectl(worker, ...rests, "--timeout=40s");
  expect(await worker.replicas()).toBe("0 3");
  expect(await findChangesSince(drainSnapshot)).toBeUndefined();

  await kubectl(worker, "scale", worker.workload, "--replicas=1");
  await worker.untilReplicas(3);
  expect(await findChangesSince(drainSnapshot)).toMatch(/ worker .* by \S+( or \S+)*\. To pause/);
});
